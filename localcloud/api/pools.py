"""Node pools: sizes, counts, and a list of nodes that grows and shrinks with the count."""

from __future__ import annotations

from localcloud.api import droplets
from localcloud.api.account import Account
from localcloud.api.catalogue import node_sizes
from localcloud.api.replies import ApiError, new_id, not_found, require_fields
from localcloud.api.store import Document

DEFAULT_TAG = "terraform:default-node-pool"  # the provider knows a cluster's own pool by it, and wants it first
UPDATABLE = ("name", "tags", "labels", "auto_scale", "min_nodes", "max_nodes")
DELETING = "deleting"


def make_pools(account: Account, cluster: Document, sent: list[Document]) -> None:
    """Give a new cluster its pools, the provider's default pool first.

    Raises:
        ApiError: a pool is invalid, or none has a node.
    """
    for each in sent:
        cluster["node_pools"].append(make_pool(account, cluster, each))
    if not any(pool["count"] for pool in cluster["node_pools"]):
        raise ApiError(422, "validation error: a cluster must have at least one worker node")
    cluster["node_pools"].sort(key=lambda pool: DEFAULT_TAG not in pool["tags"])


def make_pool(account: Account, cluster: Document, sent: Document) -> Document:
    """A new pool of a cluster, without its nodes.

    Raises:
        ApiError: a field is missing, its size is none for a node, its name is taken, or the quota is too small.
    """
    require_fields(sent, "name", "size")
    if sent["size"] not in node_sizes():
        raise ApiError(422, f"validation error: invalid droplet size: {sent['size']}")
    if any(pool["name"] == sent["name"] for pool in cluster["node_pools"]):
        raise ApiError(422, f"validation error: a node pool named {sent['name']} already exists")
    pool: Document = {
        "id": new_id(),
        "name": sent["name"],
        "size": sent["size"],
        "count": 0,
        "tags": sent.get("tags") or [],
        "labels": sent.get("labels"),
        "taints": _taints(sent.get("taints")),
        "gpu_partition_mode": sent.get("gpu_partition_mode"),
        "auto_scale": bool(sent.get("auto_scale")),
        "min_nodes": sent.get("min_nodes") or 0,
        "max_nodes": sent.get("max_nodes") or 0,
        "nodes": [],
    }
    if sent.get("count") is None and not pool["auto_scale"]:
        raise ApiError(422, "validation error: count is required without auto_scale")
    pool["count"] = _count(pool, sent.get("count"))
    droplets.check_quota(account, pool, 0)
    return pool


def resize(account: Account, cluster: Document, pool: Document, sent: Document) -> None:
    """Change a pool, in place.

    Raises:
        ApiError: no worker would be left, or the quota is too small.
    """
    pool |= {key: sent[key] for key in UPDATABLE if sent.get(key) is not None}
    if sent.get("taints") is not None:
        pool["taints"] = _taints(sent["taints"])
    held, given = pool["count"], sent.get("count")
    pool["count"] = _count(pool, held if given is None else given)
    if not any(each["count"] for each in cluster["node_pools"]):
        raise ApiError(422, "validation error: a cluster must have at least one worker node")
    droplets.check_quota(account, pool, held)


def match_nodes(account: Account, cluster: Document, pool: Document) -> None:
    """Give a pool new nodes up to its count, or mark the newest beyond it for removal."""
    living = [node for node in pool["nodes"] if node["status"]["state"] != DELETING]
    for node in living[pool["count"] :]:
        node["status"] = {"state": DELETING}
    for _ in range(len(living), pool["count"]):
        pool["nodes"].append(droplets.create_node(account.store, cluster, pool))


def pool_of(cluster: Document, pool_id: str) -> Document:
    """A cluster's pool.

    Raises:
        ApiError: 404.
    """
    for pool in cluster["node_pools"]:
        if pool["id"] == pool_id:
            found: Document = pool
            return found
    raise not_found()


def _taints(sent: list[Document] | None) -> list[Document]:
    taints = [{key.lower(): value for key, value in taint.items()} for taint in sent or []]
    return [
        {"key": taint.get("key", ""), "value": taint.get("value", ""), "effect": taint.get("effect", "")}
        for taint in taints
    ]


def _count(pool: Document, count: int | None) -> int:
    """As many nodes as asked for, within the autoscaler's bounds.

    Raises:
        ApiError: the bounds are none, or the count is negative.
    """
    if pool["auto_scale"]:
        if pool["min_nodes"] < 0 or pool["max_nodes"] < max(pool["min_nodes"], 1):
            raise ApiError(422, "validation error: max_nodes must be at least 1, and not below min_nodes")
        return int(min(max(count or 0, pool["min_nodes"]), pool["max_nodes"]))
    if count is None or count < 0:
        raise ApiError(422, "validation error: count must not be negative")
    return count
