from __future__ import annotations

import copy

import pytest
from infra_stacks import settings_of

from infra.config.settings import validate_settings
from infra.irreversible_changes import (
    IrreversibleChangeError,
    find_irreversible_changes,
    refuse_irreversible_changes,
)
from infra.stack_state import (
    CLUSTER,
    DATABASE,
    DOMAIN,
    LOAD_BALANCER,
    NAMESPACE,
    REGISTRY,
    RELEASE,
    VPC,
    StackState,
)

from .recorder import Recorder

pytestmark = pytest.mark.usefixtures("repository")


def state_of(settings):
    """What the engine lists of a stack that was made with these settings."""
    cluster, region = settings["cluster"], settings["region"]
    resources = {
        "network": (VPC, {"region": region, "ipRange": settings["network"]["ipRange"]}),
        "registry": (REGISTRY, {"name": settings["registry"]["name"], "region": settings["registry"]["region"]}),
        "cluster": (
            CLUSTER,
            {
                "version": "1.34.4-do.0",
                "clusterSubnet": cluster["clusterSubnet"],
                "serviceSubnet": cluster["serviceSubnet"],
                "ha": cluster["ha"],
                "nodePool": {"size": cluster["defaultPool"]["size"]},
            },
        ),
        "namespace": (NAMESPACE, {"metadata": {"name": settings["namespace"]}}),
    }
    if zone := settings["ingress"]["zone"]:
        resources["zone"] = (DOMAIN, {"name": zone})
        resources["ingress"] = (LOAD_BALANCER, {"ip": "203.0.113.7"})
    for database in settings["databases"]:
        if managed := database["managed"]:
            resources[database["engine"]] = (DATABASE, {"size": managed["size"], "version": managed["version"]})
        else:
            values = {"storage": database["inCluster"]["storage"]}
            resources[database["engine"]] = (RELEASE, {"chart": "helm/database", "values": values})
    return {f"urn:pulumi:x::slipway::{type_}::{name}": {"type": type_, "outputs": outputs}
            for name, (type_, outputs) in resources.items()}  # fmt: skip


def find(change, stack="staging"):
    """What is said of a stack whose file is changed."""
    settings = settings_of(stack)
    state = StackState.of(state_of(settings))
    changed = copy.deepcopy(settings)
    change(changed)
    return list(find_irreversible_changes(validate_settings(changed), state))


def put(*path_and_value):
    *path, last, value = path_and_value

    def change(settings):
        at = settings
        for part in path:
            at = at[part]
        at[last] = value

    return change


def in_zone(zone):
    """Another zone, without hosts: theirs would not fit."""

    def change(settings):
        settings["ingress"]["zone"] = zone
        for service in settings["services"].values():
            service["host"] = None

    return change


IN_CLUSTER = settings_of("staging")["databases"][2]["inCluster"]
MANAGED = settings_of("staging")["databases"][1]["managed"]
REFUSED = {
    "zone": (in_zone("other.example.com"), "slipway:ingress.zone is other.example.com, and the stack has todo.staging.example.com; every record in it would go, too: note them (`doctl compute domain records list todo.staging.example.com`)"),
    "no zone": (in_zone(None), "slipway:ingress.zone is null, and the stack has todo.staging.example.com; every record"),
    "zone elsewhere": (put("ingress", "dns", "elsewhere"), "slipway:ingress.dns is elsewhere, and the stack has digitalocean; every record"),
    "region": (put("region", "ams3"), "slipway:region is ams3, and the stack has fra1; make another stack"),
    "network": (put("network", "ipRange", "10.50.0.0/20"), "slipway:network.ipRange is 10.50.0.0/20, and the stack has 10.10.0.0/20"),
    "namespace": (put("namespace", "todo"), "slipway:namespace is todo, and the stack has todo-app; make another stack"),
    "pods": (put("cluster", "clusterSubnet", "10.51.0.0/16"), "slipway:cluster.clusterSubnet is 10.51.0.0/16, and the stack has 10.100.0.0/16"),
    "services": (put("cluster", "serviceSubnet", "10.52.0.0/19"), "slipway:cluster.serviceSubnet is 10.52.0.0/19, and"),
    "default pool": (put("cluster", "defaultPool", "size", "s-4vcpu-8gb"), "slipway:cluster.defaultPool.size is s-4vcpu-8gb, and the stack has s-2vcpu-4gb; it is for DOKS and the add-ons: leave it, add a pool of that size to slipway:cluster.workloadPools"),
    "registry's region": (put("registry", "region", "ams3"), "slipway:registry.region is ams3, and the stack has fra1"),
    "older database": (put("databases", 0, "managed", "version", "16"), 'slipway:databases[0].managed.version is 16, and the stack has 17; a database cannot go back: write "17"'),
    "managed to in-cluster": (put("databases", 1, {"engine": "valkey", "managed": None, "inCluster": IN_CLUSTER}), "slipway:databases[1] is inCluster, and the stack has managed; dump it"),
    "smaller volume": (put("databases", 2, "inCluster", "storage", "1Gi"), "slipway:databases[2].inCluster.storage is 1Gi, and the stack has 5Gi; a volume cannot shrink: write 5Gi"),
    "no client": (put("services", "chatbot-backend", "databases", ["postgresql", "valkey"]), "slipway:databases is no qdrant, and the stack has qdrant; dump it"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_a_change_that_loses_data_is_found_with_key_values_and_steps(change, message):
    (found,) = find(change)
    assert found.startswith(f"  - {message}"), found


def test_a_smaller_database_is_found():
    (found,) = find(put("databases", 0, "managed", "size", "db-s-1vcpu-2gb"), "prod")
    assert "slipway:databases[0].managed.size is db-s-1vcpu-2gb, and the stack has db-s-2vcpu-4gb" in found


def test_high_availability_cannot_be_switched_off():
    (found,) = find(put("cluster", "ha", False), "prod")
    assert found == (
        "  - slipway:cluster.ha is false, and the stack has true; DigitalOcean cannot switch it off again: write true"
    )


ALLOWED = {
    "nothing": lambda settings: None,
    "a larger database": put("databases", 0, "managed", "size", "db-s-2vcpu-4gb"),
    "a newer database": put("databases", 0, "managed", "version", "18"),
    "a larger volume": put("databases", 2, "inCluster", "storage", "9Gi"),
    "another pool size": put("cluster", "workloadPools", 0, "size", "s-8vcpu-16gb"),
    "high availability": put("cluster", "ha", True),
    "fewer nodes": put("cluster", "defaultPool", "maxNodes", 1),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_a_change_that_loses_nothing_is_none_of_these(change):
    assert find(change) == []


def test_a_new_stack_has_nothing_to_lose():
    settings = validate_settings(settings_of("staging"))
    assert list(find_irreversible_changes(settings, StackState())) == []


def test_it_is_refused_before_anything_is_declared(repository):
    cloud = Recorder(state=state_of(settings_of("staging")))
    with pytest.raises(
        IrreversibleChangeError, match="1 change would lose data, and nothing was done:\n  - slipway:name"
    ):
        repository.deploy("staging", cloud=cloud, namespace="other")
    assert cloud.resources == []


def test_a_stack_without_protection_may_lose_what_it_has():
    settings = settings_of("staging")
    state = StackState.of(state_of(settings))
    other = validate_settings({**settings, "protect": False, "namespace": "other"})
    refuse_irreversible_changes(other, state)


def test_an_address_that_dns_elsewhere_points_at_is_not_given_up():
    settings = settings_of("staging")
    listed = {"urn::ingress": {"type": LOAD_BALANCER, "outputs": {"ip": "203.0.113.7"}}}
    in_zone(None)(settings)
    (said,) = find_irreversible_changes(validate_settings(settings), StackState.of(listed))
    assert (
        "slipway:ingress.zone is null, and the stack has a load balancer at 203.0.113.7; that address would go"
        in said
    )
