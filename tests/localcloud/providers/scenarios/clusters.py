"""Each row changes a Kubernetes cluster."""

from __future__ import annotations

from .inputs import NEW, OLD
from .resource_types import CLUSTER
from .row import Table


def add_clusters(table: Table) -> None:
    update = {
        "name": "cluster-by-another-name", "version": NEW, "ha": True, "autoUpgrade": True, "surgeUpgrade": False,
        "tags": ["x", "y"], "registryIntegration": True, "destroyAllAssociatedResources": True,
        "kubeconfigExpireSeconds": 3600, "nodePool.name": "renamed", "nodePool.maxNodes": 3, "nodePool.minNodes": 2,
        "nodePool.nodeCount": 2, "nodePool.autoScale": False, "nodePool.tags": ["x"], "nodePool.labels": {"a": "1"},
    }  # fmt: skip
    for path, value in update.items():
        more = {"nodePool.nodeCount": 1} if path == "nodePool.autoScale" else {}
        table.add(f"cluster {path.replace('.', ' ')}", CLUSTER, more, {path: value}, "update",
                  changed=("nodePool.labels" if path == "nodePool.labels" else path,))  # fmt: skip
    replace = {
        "region": "ams3", "vpcUuid": {"$id": "new-vpc"}, "workerSubnetUuid": "8f2f5f9c-0000-4000-8000-000000000000",
        "clusterSubnet": "10.100.0.0/16", "serviceSubnet": "10.101.0.0/19", "isolatedWorkers": True,
        "nodePool.size": "s-4vcpu-8gb", "nodePool.gpuPartitionMode": "AMD_PARTITION_MODE_SPX_NPS1",
    }  # fmt: skip
    for path, value in replace.items():
        table.add(f"cluster {path.replace('.', ' ')}", CLUSTER, {}, {path: value}, "replace")
    table.add("cluster version lowered", CLUSTER, {}, {"version": OLD}, "replace", changed=("version",))
    taint = {"key": "k", "value": "v", "effect": "NoSchedule"}
    table.add("cluster nodePool taints", CLUSTER, {}, {"nodePool.taints": [taint]}, "update")
    for switch in ("routingAgent", "corednsAutoscaler", "p2pOciRegistryPlugin", "amdGpuDevicePlugin",
                   "amdGpuDeviceMetricsExporterPlugin", "amdGpuDraDriver", "nvidiaGpuDevicePlugin",
                   "nvidiaGpuDraDriver", "rdmaSharedDevicePlugin", "nfsCsiPlugin"):  # fmt: skip
        table.add(f"cluster {switch}", CLUSTER, {}, {switch: {"enabled": True}}, "update")
    firewall = {"enabled": True, "allowedAddresses": ["10.0.0.0/8"]}
    table.add("cluster firewall", CLUSTER, {"controlPlaneFirewall": firewall},
              {"controlPlaneFirewall.allowedAddresses": ["10.0.0.0/8", "192.0.2.1/32"]}, "update",
              changed=("controlPlaneFirewall.allowedAddresses[1]",))  # fmt: skip
    table.add("cluster firewall left to the cloud", CLUSTER, {"controlPlaneFirewall": firewall},
              {"controlPlaneFirewall": None}, "same")  # fmt: skip
    table.add("cluster maintenance", CLUSTER, {"maintenancePolicy": {"day": "sunday", "startTime": "04:00"}},
              {"maintenancePolicy.day": "monday"}, "update")  # fmt: skip
    table.add("cluster autoscaler", CLUSTER,
              {"clusterAutoscalerConfigurations": [{"scaleDownUtilizationThreshold": 0.5}]},
              {"clusterAutoscalerConfigurations": [{"scaleDownUtilizationThreshold": 0.65}]}, "update",
              changed=("clusterAutoscalerConfigurations[0].scaleDownUtilizationThreshold",))  # fmt: skip
    table.add("cluster sso", CLUSTER, {}, {"ssos": [{"enabled": True, "issuerUrl": "https://i", "clientId": "c"}]},
              "update", changed=("ssos[0]",))  # fmt: skip
    table.add("cluster tags in another order", CLUSTER, {"tags": ["x", "y"]}, {"tags": ["y", "x"]}, "same")
    table.add("cluster defaults spelled out", CLUSTER, {}, {"surgeUpgrade": True, "autoUpgrade": False,
              "nodePool.nodeCount": 1, "nodePool.labels": {}, "tags": []}, "same")  # fmt: skip
    _add_clusters_changed_by_hand(table)


def _add_clusters_changed_by_hand(table: Table) -> None:
    path = "/v2/kubernetes/clusters/{id}"
    table.add("cluster tagged by hand", CLUSTER, {"tags": ["x"]}, {}, "same",
              hand=("PUT", path, {"name": "cluster-tagged-by-hand", "tags": ["x", "h"]}),
              drift="update", changed=("tags[1]",))  # fmt: skip
    table.add("cluster surge off by hand", CLUSTER, {}, {}, "same",
              hand=("PUT", path, {"name": "cluster-surge-off-by-hand", "surge_upgrade": False}),
              drift="update", changed=("surgeUpgrade",))  # fmt: skip
    table.add("cluster upgraded by hand", CLUSTER, {}, {}, "same", hand=("POST", path + "/upgrade", {"version": NEW}),
              drift="replace", changed=("version",))  # fmt: skip
    table.add("cluster deleted by hand", CLUSTER, {}, {}, "same", hand=("DELETE", path, None), drift="create")
