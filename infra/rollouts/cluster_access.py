"""A client for the stack's own cluster, for what no provider does: see helm_history, rollout and cluster_upgrade."""

from __future__ import annotations

from typing import cast

import httpx2  # what lightkube speaks HTTP with
import yaml
from lightkube import Client, KubeConfig
from lightkube.config import client_adapter
from lightkube.config.kubeconfig import SingleConfig
from lightkube.core.client import Client as ClientType
from lightkube.core.decoders import decode_list
from lightkube.core.exceptions import ConfigError
from lightkube.resources.core_v1 import Event, Node, Pod, Secret

REQUEST_SECONDS = 10.0

# The JSON library learns a type when it first meets it, and ends the process when two threads teach it at once: a
# stack with several releases has several watching (seen with msgspec 0.22.0). So it learns them here, at import.
for _resource in (Event, Node, Pod, Secret):
    decode_list(b'{"metadata": {}, "items": []}', _resource)


def client(kubeconfig: str) -> ClientType:
    """A client for the cluster of a kubeconfig's text, of any form: certificates, token or exec.

    Raises:
        ConfigError: the text is no kubeconfig, or gives no credential.
    """
    return Client(config=_read(kubeconfig), timeout=httpx2.Timeout(REQUEST_SECONDS))


def read_version(kubeconfig: str) -> str:
    """The version of the API server, `v1.34.4`.

    Raises:
        httpx2.HTTPError: it does not answer, or refuses.
        ConfigError, OSError: the kubeconfig gives no credential.
        ValueError, KeyError: the answer is none.
    """
    with open_http(kubeconfig) as http:
        return str(http.get("/version").raise_for_status().json()["gitVersion"])


def open_http(kubeconfig: str) -> httpx2.Client:
    """The API server itself, for what is no object of it."""
    parameters = client_adapter.ConnectionParams(timeout=httpx2.Timeout(REQUEST_SECONDS))
    return client_adapter.Client(_read(kubeconfig), parameters)


def _read(kubeconfig: str) -> SingleConfig:
    try:
        content = yaml.safe_load(kubeconfig)
        for entry in content["users"]:
            # The DigitalOcean provider writes a token even where there is none, and `Bearer ` is no valid header.
            if entry["user"].get("token") == "":
                del entry["user"]["token"]
        return cast(SingleConfig, KubeConfig.from_dict(content).get())  # which raises where there is none
    except (yaml.YAMLError, LookupError, TypeError, AttributeError, ValueError, RecursionError):
        # Neither the text nor what YAML says of it: both may have the credential.
        raise ConfigError("its kubeconfig is none: it needs clusters, users, contexts, current-context") from None
