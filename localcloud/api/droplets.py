"""Droplets: the machines of node pools. Nothing else makes one here."""

from __future__ import annotations

import secrets
import string

from localcloud.api import catalogue
from localcloud.api.account import Account
from localcloud.api.replies import ApiError, new_id, now
from localcloud.api.store import Document, Store

KIND = "droplet"
FIRST = 400_000_000
LETTERS = string.ascii_lowercase + string.digits
SUFFIX = 5


def create_node(store: Store, cluster: Document, pool: Document) -> Document:
    """A new droplet of a pool, and the pool's node that it is; returns the node."""
    number = FIRST + store.next_number(KIND)
    taken = {droplet["name"] for droplet in store.all(KIND)}
    names = (f"{pool['name']}-{''.join(secrets.choice(LETTERS) for _ in range(SUFFIX))}" for _ in range(1000))
    name = next(each for each in names if each not in taken)
    droplet = {
        "id": number,
        "name": name,
        "cluster": cluster["id"],
        "pool": pool["id"],
        "version": cluster["version"],
        "size": pool["size"],
        "region": cluster["region"],
        "vpc_uuid": cluster["vpc_uuid"],
        "address": "",
        "status": "new",
        "created_at": now(),
    }
    store.put(KIND, str(number), droplet)
    return {
        "id": new_id(),
        "name": name,
        "status": {"state": "provisioning"},
        "droplet_id": str(number),
        "created_at": now(),
        "updated_at": now(),
    }


def check_quota(account: Account, pool: Document, held: int) -> None:
    """Refuse a pool that can outgrow the account's limit of droplets.

    Args:
        held: how many droplets the pool has already.

    Raises:
        ApiError: 422.
    """
    free = account.limits.current()["droplets"] - len(account.store.all(KIND))
    wanted = max(pool["count"], pool["max_nodes"] if pool["auto_scale"] else 0) - held
    if wanted > free:
        what = "autoscale desired max nodes exceed limits" if pool["auto_scale"] else "node count exceeds limits"
        message = f"validation error: {what}, {wanted} additional nodes but not enough available droplet limit"
        raise ApiError(422, message)


def describe(store: Store, droplet: Document) -> Document:
    """A droplet as the API shows it."""
    vcpus, memory, disk, *_ = catalogue.SIZES[droplet["size"]]
    size = next(each for each in catalogue.sizes() if each["slug"] == droplet["size"])
    cluster = store.get("kubernetes_cluster", droplet["cluster"])
    return {
        "id": droplet["id"],
        "name": droplet["name"],
        "memory": memory,
        "vcpus": vcpus,
        "disk": disk,
        "locked": False,
        "status": droplet["status"],
        "created_at": droplet["created_at"],
        "features": ["private_networking"],
        "backup_ids": [],
        "snapshot_ids": [],
        "volume_ids": [],
        "next_backup_window": None,
        "image": {"id": 1, "name": f"do-kube-{droplet['version']}", "distribution": "Debian", "type": "snapshot"},
        "size": size,
        "size_slug": droplet["size"],
        "region": catalogue.region(droplet["region"]),
        "networks": {"v4": _networks(droplet["address"]), "v6": []},
        "tags": tags(cluster, droplet),
        "vpc_uuid": droplet["vpc_uuid"],
    }


def tags(cluster: Document | None, droplet: Document) -> list[str]:
    """A droplet's tags: DOKS' own, and those of its pool."""
    if cluster is None:
        return []
    pools = [pool for pool in cluster["node_pools"] if pool["id"] == droplet["pool"]]
    own = ["k8s", f"k8s:{cluster['id']}", "k8s:worker"]
    return own + [tag for pool in pools for tag in pool["tags"] if tag not in own]


def tagged(store: Store, tag: str) -> list[Document]:
    """Every droplet with that tag."""
    clusters = {cluster["id"]: cluster for cluster in store.all("kubernetes_cluster")}
    return [droplet for droplet in store.all(KIND) if tag in tags(clusters.get(droplet["cluster"]), droplet)]


def _networks(address: str) -> list[Document]:
    """One address is both here, as a machine has no public one to give."""
    return [
        {"ip_address": address, "netmask": "255.255.255.0", "gateway": "", "type": type_}
        for type_ in ("private", "public")
        if address
    ]
