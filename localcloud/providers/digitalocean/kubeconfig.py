"""The credentials of a cluster, as the official provider's `kubeConfigs` have them."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import yaml

from localcloud.providers.digitalocean.client import Body
from localcloud.providers.resource_type import Properties


def kube_config(region: str, name: str, credentials: Body) -> Properties:
    """One entry of `kubeConfigs`, with the official provider's names for the cluster, the context and the user.

    Args:
        credentials: the API's answer.
    """
    certificate, key = (credentials.get(f"client_{part}_data") for part in ("certificate", "key"))
    return {
        "host": credentials["server"],
        "clusterCaCertificate": credentials["certificate_authority_data"],
        "rawConfig": yaml.safe_dump(_raw(f"do-{region}-{name}", credentials)),
        "token": credentials.get("token") or "",
        "expiresAt": credentials.get("expires_at") or "",
        "clientCertificate": base64.b64decode(certificate).decode() if certificate else "",
        "clientKey": base64.b64decode(key).decode() if key else "",
    }


def is_expired(config: Properties) -> bool:
    """Whether its credentials must be asked for again."""
    until = config.get("expiresAt")
    return not until or dt.datetime.fromisoformat(until) <= dt.datetime.now(dt.UTC)


def _raw(name: str, credentials: Body) -> dict[str, Any]:
    user = {
        "client-certificate-data": credentials.get("client_certificate_data"),
        "client-key-data": credentials.get("client_key_data"),
        "token": credentials.get("token"),
    }
    cluster = {
        "server": credentials["server"],
        "certificate-authority-data": credentials["certificate_authority_data"],
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
        "users": [{"name": f"{name}-admin", "user": {key: text for key, text in user.items() if text}}],
    }
