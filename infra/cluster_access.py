"""A client for the stack's own cluster, for what no Helm provider does: see helm_history and rollout."""

from __future__ import annotations

import httpx2  # what lightkube speaks HTTP with
import yaml
from lightkube import Client, KubeConfig
from lightkube.core.client import Client as ClientType

REQUEST_SECONDS = 10.0


def client(kubeconfig: str) -> ClientType:
    """A client for the cluster of a kubeconfig's text, of any form: certificates, token or exec."""
    content = yaml.safe_load(kubeconfig)
    for entry in content["users"]:
        # The DigitalOcean provider writes a token even where there is none, and `Bearer ` is no valid header.
        if entry["user"].get("token") == "":
            del entry["user"]["token"]
    config = KubeConfig.from_dict(content)
    return Client(config=config, timeout=httpx2.Timeout(REQUEST_SECONDS))
