"""The stack file's network and cluster are checked: ranges, versions, node pools and the firewall."""

from __future__ import annotations

import pytest
from infra_stacks import settings_of

from infra.config.settings import validate_settings

from .staging_file import TAINTED, assert_refused

pytestmark = pytest.mark.usefixtures("repository")

INVALID = [
    (("cluster", "workloadPools"), [*settings_of("staging")["cluster"]["workloadPools"], {**TAINTED, "name": "default", "taints": []}], "slipway:cluster.workloadPools[1].name is 'default', which the default pool has; write another"),
    *[(("network", "ipRange"), value, f'slipway:network.ipRange is "{value}"; write a private network from /16 to /24') for value in ("10.10.0.0/30", "10.0.0.0/8", "127.0.0.0/16", "169.254.0.0/16", "192.0.2.0/24", "0.0.0.0/8", "100.64.0.0/16")],
    (("cluster", "clusterSubnet"), "127.0.0.0/16", 'slipway:cluster.clusterSubnet is "127.0.0.0/16"; write a private network'),
    (("cluster", "version"), "latest", 'slipway:cluster.version is "latest"; write a minor version of Kubernetes such as "1.34", in quotes'),
    (("cluster", "version"), "1.34.4-do.0", 'slipway:cluster.version is "1.34.4-do.0"; write a minor version of Kubernetes such as "1.34", in quotes and without a patch'),
    (("cluster", "version"), 1.34, "slipway:cluster.version is 1.34; write text, in quotes"),
    (("cluster", "workloadPools"), [*settings_of("staging")["cluster"]["workloadPools"], TAINTED], "slipway:cluster.workloadPools[1].taints keep every pod away that does not name the pool, and none does; write pool: gpu in a service, or taints: []"),
    (("network", "ipRange"), "10.244.0.0/20", "slipway:network.ipRange is 10.244.0.0/20 and overlaps 10.244.0.0/16, which is DigitalOcean's own; write another range"),
    (("network", "ipRange"), "10.19.0.0/20", "slipway:network.ipRange is 10.19.0.0/20 and overlaps 10.19.0.0/16, which is DigitalOcean's own"),
    (("cluster", "clusterSubnet"), "10.228.0.0/15", "slipway:cluster.clusterSubnet is 10.228.0.0/15 and overlaps 10.229.0.0/16, which"),
    (("cluster", "serviceSubnet"), "10.246.0.0/24", "slipway:cluster.serviceSubnet is 10.246.0.0/24 and overlaps 10.246.0.0/24, which"),
    (("cluster", "defaultPool", "minNodes"), 9, "slipway:cluster.defaultPool.minNodes is 9, above its maxNodes 2; write"),
    (("cluster", "defaultPool", "minNodes"), 0, "slipway:cluster.defaultPool.minNodes is 0; write a number from 1 to 512"),
    (("cluster", "clusterSubnet"), "10.10.0.0/16", "slipway:network.ipRange is 10.10.0.0/20 and overlaps slipway:cluster"),
    (("cluster", "maintenance", "day"), "Sunday", "slipway:cluster.maintenance.day is \"Sunday\"; write one of 'any'"),
    (("cluster", "maintenance", "startTime"), "3:00", 'slipway:cluster.maintenance.startTime is "3:00"; write a time of'),
    (("cluster", "ha"), "yes", 'slipway:cluster.ha is "yes"; write true or false'),
    (("network", "ipRange"), "10.10.0.1/20", 'slipway:network.ipRange is "10.10.0.1/20"; write a private network from /16 to /24 such as'),
    (("cluster", "version"), "1.29", "slipway:cluster.version is '1.29'; write 1.33 or newer"),
    (("cluster", "firewall"), {"enabled": True, "allowedAddresses": []}, "slipway:cluster.firewall.allowedAddresses is empty and the firewall enabled"),
    (("cluster", "firewall", "allowedAddresses"), ["1.2.3"], 'slipway:cluster.firewall.allowedAddresses[0] is "1.2.3"; write an IPv4 address'),
    (("cluster", "clusterSubnet"), "8.8.0.0/16", 'slipway:cluster.clusterSubnet is "8.8.0.0/16"; write a private network'),
    (("cluster", "defaultPool", "size"), "big", 'slipway:cluster.defaultPool.size is "big"; write a node size such as s-2vcpu-4gb'),
    (("cluster", "defaultPool", "minNodes"), "1", 'slipway:cluster.defaultPool.minNodes is "1"; write a whole number, without quotes'),
    (("cluster", "defaultPool"), "small", 'slipway:cluster.defaultPool is "small"; write a mapping with the keys size, minNodes, maxNodes'),
    (("cluster", "workloadPools"), {}, "slipway:cluster.workloadPools is {}; write a list"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), INVALID, ids=[".".join(map(str, case[0])) for case in INVALID])
def test_an_invalid_cluster_is_refused_with_key_value_and_fix(path, value, message):
    assert_refused(path, value, message)


def test_a_tainted_pool_in_use_and_a_pool_without_nodes_are_accepted():
    settings = settings_of("staging")
    settings["cluster"]["workloadPools"].append(TAINTED)
    settings["services"]["backend"]["pool"] = "gpu"
    assert validate_settings(settings).cluster.workload_pools[1].min_nodes == 0
