"""What a cluster's own node pool and all others have in common."""

from __future__ import annotations

from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean import tags
from localcloud.providers.digitalocean.client import Body, Client
from localcloud.providers.digitalocean.waiting import wait_until
from localcloud.providers.resource_type import Input, Properties

TAINT = {
    "key": Input(required=True),
    "value": Input(required=True),
    "effect": Input(required=True, problem=one_of("NoSchedule", "PreferNoSchedule", "NoExecute")),
}
POOL = {
    "name": Input(required=True),
    "size": Input(required=True, replaces=True),
    "nodeCount": Input(computed=True),
    "autoScale": Input(default=False),
    "minNodes": Input(),
    "maxNodes": Input(),
    "tags": tags.TAGS,
    "labels": Input(),
    "taints": Input(unordered=True, properties=TAINT),
    "gpuPartitionMode": Input(
        replaces=True, problem=one_of("AMD_PARTITION_MODE_SPX_NPS1", "AMD_PARTITION_MODE_DPX_NPS2")
    ),
}


def creation(pool: Properties, extra_tags: list[str]) -> Body:
    """The body that creates a pool."""
    body = {**changeable(pool, extra_tags), "size": pool["size"]}
    return body | ({"gpu_partition_mode": pool["gpuPartitionMode"]} if pool.get("gpuPartitionMode") else {})


def changeable(pool: Properties, extra_tags: list[str]) -> Body:
    """The body that updates a pool; without a count where the program gives none, so that the autoscaler's stays."""
    body = {
        "name": pool["name"],
        "tags": [*(pool.get("tags") or []), *extra_tags],
        "labels": pool.get("labels") or {},
        "taints": [{key: taint[key] for key in TAINT} for taint in pool.get("taints") or []],
        "auto_scale": bool(pool.get("autoScale")),
        "min_nodes": pool.get("minNodes") or 0,
        "max_nodes": pool.get("maxNodes") or 0,
    }
    return body | ({"count": pool["nodeCount"]} if pool.get("nodeCount") else {})


def to_inputs(pool: Body) -> Properties:
    """The inputs of a pool as the API has it."""
    inputs = {
        "name": pool["name"],
        "size": pool["size"],
        "nodeCount": pool["count"],
        "autoScale": bool(pool.get("auto_scale")),
        "minNodes": pool.get("min_nodes") or 0,
        "maxNodes": pool.get("max_nodes") or 0,
        "tags": tags.without_generated(pool.get("tags")),
        "labels": pool.get("labels") or {},
        "taints": [{key: taint[key] for key in TAINT} for taint in pool.get("taints") or []],
    }
    mode = pool.get("gpu_partition_mode")
    return inputs | ({"gpuPartitionMode": mode} if mode else {})


def outputs(pool: Body) -> Properties:
    """A pool's outputs, without its id."""
    nodes = [
        {
            "id": node["id"],
            "name": node.get("name") or "",
            "status": node["status"]["state"],
            "dropletId": str(node.get("droplet_id") or ""),
            "createdAt": node.get("created_at") or "",
            "updatedAt": node.get("updated_at") or "",
        }
        for node in pool.get("nodes") or []
    ]
    return {**to_inputs(pool), "actualNodeCount": pool["count"], "nodes": nodes}


def wait_for_nodes(client: Client, cluster: str, pool: str, timeout: float) -> Body:
    """Wait until a pool has all of its nodes, and they run.

    Args:
        cluster, pool: ids.
        timeout: seconds.

    Raises:
        ProviderError: they were over before that, or the pool is gone.
    """
    found: Body = {}

    def complete() -> bool:
        found.update(client.call(client.pydo.kubernetes.get_node_pool, cluster, pool)["node_pool"])
        states = [node["status"]["state"] for node in found.get("nodes") or []]
        return len(states) == found["count"] and all(state == "running" for state in states)

    wait_until(complete, timeout, f"node pool {pool} did not get its nodes")
    return found
