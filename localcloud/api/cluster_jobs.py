"""Makes the real cluster match what the API keeps of it: its version, and its nodes pool by pool."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.api import clusters, droplets, followers
from localcloud.api.account import Account
from localcloud.api.cluster_backend import ClusterSpec, NodeSpec, Taint
from localcloud.api.pools import DELETING
from localcloud.api.replies import now
from localcloud.api.store import Document

SURGE = 10  # nodes that are duplicated at a time: docs.digitalocean.com/glossary/surge-upgrades
RUNNING = {"state": "running", "message": ""}


def match(account: Account, identity: str) -> None:
    """Make a cluster match its document.

    Raises:
        BackendError: it could not be.
    """
    if account.store.get(clusters.KIND, identity) is None:
        return
    _apply(account, identity)
    while old := _outdated(account, identity):
        _replace(account, identity, old)
    _set_status(account, identity, RUNNING)


def fail(account: Account, identity: str, message: str) -> None:
    _set_status(account, identity, {"state": "error", "message": message})


def remove(account: Account, identity: str) -> None:
    """Remove a deleted cluster's machines.

    Raises:
        BackendError: they could not be.
    """
    if account.backends.clusters is not None:
        account.backends.clusters.delete(identity)
    with account.store.lock():
        for droplet in account.store.all(droplets.KIND):
            if droplet["cluster"] == identity:
                account.store.remove(droplets.KIND, str(droplet["id"]))
        account.store.remove(clusters.GONE, identity)
    followers.follow_droplets(account)


def _apply(account: Account, identity: str) -> None:
    """Have the backend do what the document says now, and note what came of it."""
    spec = _specification(account, identity)
    if spec is None:
        return
    backend = account.backends.clusters
    if backend is not None:
        backend.apply(spec)
    addresses: Mapping[int, str] = {} if backend is None else backend.node_addresses(identity)
    present = {str(node.droplet_id) for node in spec.nodes}
    with account.store.lock():
        cluster = account.store.get(clusters.KIND, identity)
        if cluster is None:
            return
        for pool in cluster["node_pools"]:
            pool["nodes"] = [
                node for node in pool["nodes"] if node["droplet_id"] in present or node["status"]["state"] != DELETING
            ]
            for node in pool["nodes"]:
                if node["droplet_id"] in present and node["status"]["state"] == "provisioning":
                    node |= {"status": {"state": "running"}, "updated_at": now()}
        if backend is not None:
            cluster["endpoint"] = backend.access(identity).server
        account.store.put(clusters.KIND, identity, cluster)
        _note_addresses(account, cluster, addresses)
    followers.follow_droplets(account)


def _note_addresses(account: Account, cluster: Document, addresses: Mapping[int, str]) -> None:
    """Keep the address of each droplet, and forget those whose node is gone."""
    nodes = {node["droplet_id"] for pool in cluster["node_pools"] for node in pool["nodes"]}
    for droplet in account.store.all(droplets.KIND):
        if droplet["cluster"] != cluster["id"]:
            continue
        key = str(droplet["id"])
        if key not in nodes:
            account.store.remove(droplets.KIND, key)
        else:
            address = addresses.get(droplet["id"], droplet["address"])
            account.store.put(droplets.KIND, key, {**droplet, "address": address, "status": "active"})


def _specification(account: Account, identity: str) -> ClusterSpec | None:
    with account.store.lock():
        cluster = account.store.get(clusters.KIND, identity)
        if cluster is None:
            return None
        nodes = [
            _node(pool, droplet)
            for pool in cluster["node_pools"]
            for node in pool["nodes"]
            if node["status"]["state"] != DELETING
            and (droplet := account.store.get(droplets.KIND, node["droplet_id"])) is not None
        ]
    return ClusterSpec(
        id=identity,
        name=cluster["name"],
        region=cluster["region"],
        version=cluster["version"],
        cluster_subnet=cluster["cluster_subnet"],
        service_subnet=cluster["service_subnet"],
        nodes=nodes,
    )


def _node(pool: Document, droplet: Document) -> NodeSpec:
    return NodeSpec(
        name=droplet["name"],
        droplet_id=droplet["id"],
        pool=pool["name"],
        pool_id=pool["id"],
        size=droplet["size"],
        version=droplet["version"],
        labels=pool["labels"] or {},
        taints=[Taint(key=taint["key"], value=taint["value"], effect=taint["effect"]) for taint in pool["taints"]],
    )


def _outdated(account: Account, identity: str) -> list[str]:
    """The droplets that are replaced next: nodes of one pool that have an older version than their cluster."""
    cluster = account.store.get(clusters.KIND, identity)
    if cluster is None:
        return []
    for pool in cluster["node_pools"]:
        old = [
            str(node["droplet_id"])
            for node in pool["nodes"]
            if node["status"]["state"] != DELETING
            and (droplet := account.store.get(droplets.KIND, node["droplet_id"])) is not None
            and droplet["version"] != cluster["version"]
        ]
        if old:
            return old[: SURGE if cluster["surge_upgrade"] else 1]
    return []


def _replace(account: Account, identity: str, old: list[str]) -> None:
    """Replace nodes by some of the cluster's version; with surge, the new ones are there before the old ones go."""
    cluster = account.store.get(clusters.KIND, identity)
    if cluster is not None and cluster["surge_upgrade"]:
        _change_nodes(account, identity, old, add=True)
        _apply(account, identity)
        _change_nodes(account, identity, old, remove=True)
    else:
        _change_nodes(account, identity, old, remove=True, add=True)
    _apply(account, identity)


def _change_nodes(
    account: Account, identity: str, old: list[str], *, add: bool = False, remove: bool = False
) -> None:
    with account.store.lock():
        cluster = account.store.get(clusters.KIND, identity)
        for pool in cluster["node_pools"] if cluster else []:
            if not {node["droplet_id"] for node in pool["nodes"]} & set(old):
                continue
            living = [node for node in pool["nodes"] if node["status"]["state"] != DELETING]
            # Those beyond the count are there already when an earlier attempt was interrupted between the two steps.
            for _ in range(pool["count"] + len(old) - len(living) if add else 0):
                pool["nodes"].append(droplets.create_node(account.store, cluster or {}, pool))
            for node in living:
                if remove and node["droplet_id"] in old:
                    node["status"] = {"state": DELETING}
            account.store.put(clusters.KIND, identity, cluster or {})


def _set_status(account: Account, identity: str, status: Document) -> None:
    with account.store.lock():
        cluster = account.store.get(clusters.KIND, identity)
        if cluster is not None:
            account.store.put(clusters.KIND, identity, {**cluster, "status": status, "updated_at": now()})
