"""Node pools: sizes, counts, and a list of nodes as long as the count says."""

from __future__ import annotations

from localcloud.api.catalogue import node_sizes
from localcloud.api.replies import ApiError, new_id, not_found, now, require_fields
from localcloud.api.store import Document

DEFAULT_TAG = "terraform:default-node-pool"  # the provider knows a cluster's own pool by it, and wants it first
UPDATABLE = ("name", "tags", "labels", "auto_scale", "min_nodes", "max_nodes", "count")


def make_pools(sent: list[Document]) -> list[Document]:
    """The pools of a new cluster, the provider's default pool first."""
    pools: list[Document] = []
    for each in sent:
        pools.append(make_pool(each, pools))
    return sorted(pools, key=lambda pool: DEFAULT_TAG not in pool["tags"])


def make_pool(sent: Document, others: list[Document]) -> Document:
    """A new pool beside `others`.

    Raises:
        ApiError: a field is missing, its size is none for a node, or its name is taken.
    """
    require_fields(sent, "name", "size")
    if sent["size"] not in node_sizes():
        raise ApiError(422, f"invalid node size: {sent['size']}")
    _require_whole_numbers(sent)
    if any(pool["name"] == sent["name"] for pool in others):
        raise ApiError(422, f"a node pool named {sent['name']} already exists")
    pool = {
        "id": new_id(),
        "name": sent["name"],
        "size": sent["size"],
        "count": 0,
        "tags": sent.get("tags") or [],
        "labels": sent.get("labels"),
        "taints": [{key.lower(): value for key, value in taint.items()} for taint in sent.get("taints") or []],
        "gpu_partition_mode": sent.get("gpu_partition_mode"),
        "auto_scale": bool(sent.get("auto_scale")),
        "min_nodes": sent.get("min_nodes") or 0,
        "max_nodes": sent.get("max_nodes") or 0,
        "nodes": [],
    }
    return _with_nodes(pool, sent.get("count"))


def resize(pool: Document, sent: Document) -> Document:
    """The pool after an update, in place."""
    _require_whole_numbers(sent)
    pool |= {key: sent[key] for key in UPDATABLE if sent.get(key) is not None and key != "count"}
    if sent.get("taints") is not None:
        pool["taints"] = [{key.lower(): value for key, value in taint.items()} for taint in sent["taints"]]
    return _with_nodes(pool, sent.get("count") or pool["count"])


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


def _require_whole_numbers(sent: Document) -> None:
    for name in ("count", "min_nodes", "max_nodes"):
        if sent.get(name) is not None and type(sent[name]) is not int:
            raise ApiError(422, f"{name} must be a whole number")


def _with_nodes(pool: Document, count: int | None) -> Document:
    """As many nodes as asked for, within the autoscaler's bounds."""
    wanted = count or 0
    if pool["auto_scale"]:
        wanted = min(max(wanted, pool["min_nodes"]), pool["max_nodes"])
    if wanted < 1:
        raise ApiError(422, "count must be at least 1")
    nodes = pool["nodes"][:wanted]
    nodes += [_node(pool["name"], number) for number in range(len(nodes), wanted)]
    pool |= {"count": wanted, "nodes": nodes}
    return pool


def _node(pool: str, number: int) -> Document:
    return {
        "id": new_id(),
        "name": f"{pool}-{number}",
        "status": {"state": "running"},
        "droplet_id": str(400_000_000 + number),
        "created_at": now(),
        "updated_at": now(),
    }
