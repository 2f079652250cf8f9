"""A client for the stack's own cluster, for what no Helm provider does: see helm_history and rollout."""

from __future__ import annotations

import httpx2  # what lightkube speaks HTTP with
import yaml
from lightkube import Client, KubeConfig
from lightkube.core.client import Client as ClientType
from lightkube.core.decoders import decode_list
from lightkube.resources.core_v1 import Event, Pod, Secret

REQUEST_SECONDS = 10.0

# The JSON library learns a type when it first meets it, and ends the process when two threads teach it at once: a
# stack with several releases has several watching (seen with msgspec 0.22.0). So it learns them here, at import.
for _resource in (Event, Pod, Secret):
    decode_list(b'{"metadata": {}, "items": []}', _resource)


def client(kubeconfig: str) -> ClientType:
    """A client for the cluster of a kubeconfig's text, of any form: certificates, token or exec."""
    content = yaml.safe_load(kubeconfig)
    for entry in content["users"]:
        # The DigitalOcean provider writes a token even where there is none, and `Bearer ` is no valid header.
        if entry["user"].get("token") == "":
            del entry["user"]["token"]
    config = KubeConfig.from_dict(content)
    return Client(config=config, timeout=httpx2.Timeout(REQUEST_SECONDS))
