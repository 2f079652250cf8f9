"""Each row changes a node pool of a cluster."""

from __future__ import annotations

from .resource_types import POOL
from .row import Table


def add_node_pools(table: Table) -> None:
    taints = [{"key": "k", "value": "v", "effect": "NoSchedule"}, {"key": "l", "value": "v", "effect": "NoExecute"}]
    table.add("pool name", POOL, {}, {"name": "pool-by-another-name"}, "update")
    table.add("pool label added", POOL, {}, {"labels.c": "3"}, "update")
    table.add("pool label removed", POOL, {}, {"labels": {"a": "1"}}, "update", changed=("labels.b",))
    table.add("pool taint", POOL, {}, {"taints": taints[:1]}, "update")
    table.add("pool taint removed", POOL, {"taints": taints[:1]}, {"taints": None}, "update")
    table.add("pool taints in another order", POOL, {"taints": taints}, {"taints": taints[::-1]}, "same")
    table.add("pool tags", POOL, {}, {"tags": ["x"]}, "update")
    table.add("pool max nodes", POOL, {}, {"maxNodes": 3}, "update")
    table.add("pool min nodes", POOL, {}, {"minNodes": 2}, "update")
    table.add("pool min nodes zero", POOL, {}, {"minNodes": 0}, "update")
    table.add("pool node count", POOL, {}, {"nodeCount": 2}, "update")
    table.add("pool node count as it is", POOL, {}, {"nodeCount": 1}, "same")
    table.add("pool no autoscaling", POOL, {"nodeCount": 1}, {"autoScale": False}, "update")
    table.add("pool size", POOL, {}, {"size": "s-4vcpu-8gb"}, "replace")
    table.add("pool gpu mode", POOL, {}, {"gpuPartitionMode": "AMD_PARTITION_MODE_DPX_NPS2"}, "replace")
    table.add("pool cluster", POOL, {}, {"clusterId": {"$id": "second"}}, "replace")
    path = "/v2/kubernetes/clusters/{home}/node_pools/{id}"
    table.add("pool labelled by hand", POOL, {}, {}, "same", drift="update", changed=("labels.h",),
              hand=("PUT", path, {"labels": {"a": "1", "b": "2", "h": "1"}}))  # fmt: skip
    table.add("pool scaled by the autoscaler", POOL, {}, {}, "same", hand=("PUT", path, {"count": 2}), drift="same")
    table.add("pool deleted by hand", POOL, {}, {}, "same", hand=("DELETE", path, None), drift="create")
