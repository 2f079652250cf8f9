"""Clusters as the API keeps them: what a new one is, what an update changes, and what goes with it."""

from __future__ import annotations

import ipaddress
from typing import Any

from localcloud.api import catalogue, kubernetes_versions, pools
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, new_id, not_found, now, require_fields
from localcloud.api.store import Document, Store

KIND = "kubernetes_cluster"
GONE = "deleted_kubernetes_cluster"  # its machines are still being removed
ECHOED = (
    "name", "region", "cluster_subnet", "service_subnet", "auto_upgrade", "surge_upgrade", "tags",
    "control_plane_firewall", "cluster_autoscaler_configuration", "routing_agent", "coredns_autoscaler",
    "amd_gpu_device_plugin", "nvidia_gpu_device_plugin", "rdma_shared_dev_plugin", "sso", "isolated_workers",
    "p2p_oci_registry_plugin", "amd_gpu_device_metrics_exporter_plugin", "amd_gpu_dra_driver",
    "nvidia_gpu_dra_driver", "nfs_csi_plugin", "worker_subnet_uuid", "gpu_operator_ready",
)  # fmt: skip


def get(store: Store, identity: str) -> Document:
    """The cluster of that id.

    Raises:
        ApiError: 404.
    """
    cluster = store.get(KIND, identity)
    if cluster is None:
        raise not_found()
    return cluster


def create(account: Account, body: Document) -> Document:
    """Keep a new cluster, and have it made.

    Raises:
        ApiError: 422: a field is invalid, its name is taken, or the quota of droplets is too small.
    """
    require_fields(body, "name", "region", "version", "node_pools")
    version = kubernetes_versions.resolve(account, body["version"])
    if body["region"] not in catalogue.REGIONS:
        raise ApiError(422, f"validation error: region {body['region']} is not available")
    _check_network(account.store, body)
    with account.store.lock():
        if any(held["name"] == body["name"] for held in account.store.all(KIND)):
            raise ApiError(422, "validation error: a cluster with this name already exists")
        cluster = _document(body, version)
        pools.make_pools(account, cluster, body["node_pools"])
        for pool in cluster["node_pools"]:
            pools.match_nodes(account, cluster, pool)
        account.store.put(KIND, cluster["id"], cluster)
    account.jobs.request(KIND, cluster["id"])
    return cluster


def update(account: Account, identity: str, sent: Document) -> Document:
    """Change a cluster's settings; nulls, and objects of nulls, leave them as they are.

    Raises:
        ApiError: 404; 422: high availability cannot be taken back.
    """
    with account.store.lock():
        cluster = get(account.store, identity)
        if cluster["ha"] and sent.get("ha") is False:
            raise ApiError(422, "validation error: ha cannot be disabled")
        cluster |= {key: value for key, value in sent.items() if _has_value(value)}
        cluster["tags"] = _tags(identity, cluster["tags"])
        cluster["maintenance_policy"] = _maintenance(cluster["maintenance_policy"])
        return account.store.put(KIND, identity, {**cluster, "updated_at": now()})


def upgrade(account: Account, identity: str, wanted: str) -> None:
    """Have a cluster upgraded: its control plane first, then its nodes, one pool after the other.

    Raises:
        ApiError: 404; 422: the version is none that it can be upgraded to.
    """
    with account.store.lock():
        cluster = get(account.store, identity)
        newer = kubernetes_versions.upgrades(account, cluster["version"])
        slug = next((slug for slug in newer if wanted == slug or slug.startswith(f"{wanted}.")), None)
        if slug is None:
            possible = ", ".join(newer) or "none"
            message = f"validation error: cannot upgrade from {cluster['version']} to {wanted}; possible: {possible}"
            raise ApiError(422, message)
        # At once: the provider does not wait for an upgrade, and reads the version back.
        changes = {"version": slug, "status": {"state": "upgrading", "message": ""}, "updated_at": now()}
        account.store.put(KIND, identity, {**cluster, **changes})
    account.jobs.request(KIND, identity)


def delete(account: Account, identity: str) -> None:
    """Forget a cluster, and have its droplets and volumes removed; its network has members until then.

    Raises:
        ApiError: 404.
    """
    with account.store.lock():
        cluster = get(account.store, identity)
        account.store.put(GONE, identity, {"id": identity, "name": cluster["name"], "vpc_uuid": cluster["vpc_uuid"]})
        account.store.remove(KIND, identity)
        for volume in associated_volumes(account.store, identity):
            account.store.remove("volume", volume["id"])
    account.jobs.request(GONE, identity)


def associated_volumes(store: Store, identity: str) -> list[Document]:
    """The volumes that a cluster made."""
    return [volume for volume in store.all("volume") if f"k8s:{identity}" in volume["tags"]]


def associated_load_balancers(store: Store, identity: str) -> list[Document]:
    """The load balancers that a cluster's cloud controller marked as its own."""
    return [lb for lb in store.all("load_balancer") if f"k8s:{identity}" in (lb.get("tags") or [])]


def _check_network(store: Store, body: Document) -> None:
    if (vpc := body.get("vpc_uuid")) and store.get("vpc", vpc) is None:
        raise ApiError(422, "validation error: VPC not found")
    for name in ("cluster_subnet", "service_subnet"):
        try:
            ipaddress.IPv4Network(body.get(name) or "10.244.0.0/16")
        except ValueError:
            raise ApiError(422, f"validation error: {name} {body[name]} is not a valid network") from None


def _document(body: Document, version: str) -> Document:
    identity = new_id()
    highly_available = kubernetes_versions.number(version) >= catalogue.HIGHLY_AVAILABLE_FROM
    return {
        **{key: body.get(key) for key in ECHOED},
        "id": identity,
        "version": version,
        "vpc_uuid": body.get("vpc_uuid") or "",
        "ha": body["ha"] if body.get("ha") is not None else highly_available,
        "ipv4": "",
        "endpoint": f"https://{identity}.k8s.ondigitalocean.com",
        "auto_upgrade": bool(body.get("auto_upgrade")),
        "surge_upgrade": bool(body.get("surge_upgrade")),
        "isolated_workers": bool(body.get("isolated_workers")),
        "cluster_subnet": body.get("cluster_subnet") or "10.244.0.0/16",
        "service_subnet": body.get("service_subnet") or "10.245.0.0/16",
        "tags": _tags(identity, body.get("tags") or []),
        "maintenance_policy": _maintenance(body.get("maintenance_policy")),
        "node_pools": [],
        "registry_enabled": False,
        "status": {"state": "provisioning", "message": ""},
        "created_at": now(),
        "updated_at": now(),
    }


def _tags(identity: str, sent: list[str]) -> list[str]:
    """A cluster's tags: two of DigitalOcean's own before those that were sent."""
    own = ["k8s", f"k8s:{identity}"]
    return own + [tag for tag in sent if tag not in own]


def _maintenance(sent: Document | None) -> Document:
    policy = sent or {}
    return {
        "start_time": policy.get("start_time") or "00:00",
        "duration": "4h0m0s",
        "day": policy.get("day") or "any",
    }


def _has_value(value: Any) -> bool:
    """The provider sends `null`, and objects of nulls, for what it leaves as it is."""
    if isinstance(value, dict):
        return any(_has_value(inner) for inner in value.values())
    return value is not None
