"""Which nodes get traffic from load balancers."""

from __future__ import annotations

from collections.abc import Iterable

from localcloud.cloud_controller.kubernetes import Object

EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"  # the label alone counts, whatever its value
SCHEME = "digitalocean://"


def droplets(nodes: Iterable[Object]) -> list[int]:
    """The droplets of the nodes that are ready, are to stay, and are not excluded by their label."""
    return sorted(int(_provider_id(node).removeprefix(SCHEME)) for node in nodes if _takes_traffic(node))


def _takes_traffic(node: Object) -> bool:
    metadata, status = node["metadata"], node.get("status") or {}
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions") or [])
    excluded = EXCLUDED in (metadata.get("labels") or {})
    return ready and not excluded and not metadata.get("deletionTimestamp") and _provider_id(node).startswith(SCHEME)


def _provider_id(node: Object) -> str:
    return str((node.get("spec") or {}).get("providerID") or "")
