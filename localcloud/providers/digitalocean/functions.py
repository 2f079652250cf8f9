"""The functions of the provider: what a program reads without declaring it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.providers.digitalocean.client import Client
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Properties

Arguments = Mapping[str, Any]


def get_database_ca(client: Client, arguments: Arguments) -> Properties:
    """`getDatabaseCa`: the certificate (PEM) with which a client makes sure that it talks to a database cluster."""
    cluster = _required(arguments, "clusterId", "getDatabaseCa")
    encoded = client.call(client.pydo.databases.get_ca, cluster)["ca"]["certificate"]
    return {"id": cluster, "clusterId": cluster, "certificate": base64.b64decode(encoded).decode()}


def get_kubernetes_versions(client: Client, arguments: Arguments) -> Properties:
    """`getKubernetesVersions`: those that a new cluster can have, the newest first."""
    prefix = arguments.get("versionPrefix") or ""
    offered = client.call(client.pydo.kubernetes.list_options)["options"]["versions"]
    slugs = [one["slug"] for one in offered if one["slug"].startswith(prefix)]
    found = {"id": f"versions-{prefix}", "validVersions": slugs, "latestVersion": slugs[0] if slugs else ""}
    return found | ({"versionPrefix": prefix} if prefix else {})


FUNCTIONS: Mapping[str, Callable[[Client, Arguments], Properties]] = {
    "digitalocean:index/getDatabaseCa:getDatabaseCa": get_database_ca,
    "digitalocean:index/getKubernetesVersions:getKubernetesVersions": get_kubernetes_versions,
}


def _required(arguments: Arguments, name: str, function: str) -> str:
    value = arguments.get(name)
    if not value:
        raise ProviderError(f"{function}: {name} is required")
    return str(value)
