"""`import` and `.get()` of what somebody else made, by the engine."""

from __future__ import annotations

import pytest

from tests.localcloud.providers.scenarios import resource_types
from tests.localcloud.providers.scenarios.inputs import MIDDLE

pytestmark = pytest.mark.timeout(600)

OWN_POOL = {"name": "own", "size": "s-2vcpu-4gb", "autoScale": True, "minNodes": 1, "maxNodes": 2, "tags": ["t"]}
POOL_BODY = {"name": "own", "size": "s-2vcpu-4gb", "auto_scale": True, "min_nodes": 1, "max_nodes": 2}


@pytest.fixture(scope="module")
def made(api):
    """One of each, made through the API; their ids as `import` takes them."""

    def post(path, key, body):
        return api.do("POST", path, body)[key]

    registry = {"name": "acme", "subscription_tier_slug": "basic", "region": "fra1"}
    post("/v2/registry", "registry", registry)
    vpc = post("/v2/vpcs", "vpc", {"name": "v", "region": "fra1", "ip_range": "10.1.0.0/20"})["id"]
    cluster = post("/v2/kubernetes/clusters", "kubernetes_cluster", {
        "name": "c", "region": "fra1", "version": MIDDLE, "vpc_uuid": vpc, "surge_upgrade": True, "tags": ["t"],
        "node_pools": [{**POOL_BODY, "tags": ["t", "terraform:default-node-pool"]}],
    })["id"]  # fmt: skip
    pools = f"/v2/kubernetes/clusters/{cluster}/node_pools"
    pool = post(pools, "node_pool", {**POOL_BODY, "name": "p", "labels": {"a": "1"}})["id"]
    database = post("/v2/databases", "database", {
        "name": "d", "engine": "pg", "version": "16", "size": "db-s-1vcpu-1gb", "region": "fra1", "num_nodes": 1,
    })["id"]  # fmt: skip
    inside = f"/v2/databases/{database}"
    post(f"{inside}/dbs", "db", {"name": "one"})
    post(f"{inside}/users", "user", {"name": "two"})
    post(f"{inside}/pools", "pool", {"name": "three", "mode": "session", "size": 1, "db": "one", "user": "two"})
    api.do("PUT", f"{inside}/firewall", {"rules": [{"type": "ip_addr", "value": "10.0.0.1"}]})
    return {"vpc": vpc, "cluster": cluster, "pool": pool, "database": database}


@pytest.fixture(scope="module")
def adopted(make_stack, made):
    """A program that declares them with the ids to import; the first plan, the second, and the state."""
    database = made["database"]
    pool = {key: value for key, value in OWN_POOL.items() if key != "tags"}
    declared = {
        "registry": ("acme", resource_types.REGISTRY, {"name": "acme", "subscriptionTierSlug": "basic"}),
        "vpc": (made["vpc"], resource_types.VPC, {"name": "v", "region": "fra1", "ipRange": "10.1.0.0/20"}),
        "cluster": (made["cluster"], resource_types.CLUSTER, {
            "name": "c", "region": "fra1", "version": MIDDLE, "nodePool": OWN_POOL, "tags": ["t"],
            "vpcUuid": made["vpc"],
        }),
        "pool": (made["pool"], resource_types.POOL, {
            **pool, "name": "p", "clusterId": made["cluster"], "labels": {"a": "1"},
        }),
        "database": (database, resource_types.DATABASE, {
            "name": "d", "engine": "pg", "version": "16", "size": "db-s-1vcpu-1gb", "region": "fra1", "nodeCount": 1,
        }),
        "db": (f"{database},one", resource_types.DB, {"clusterId": database, "name": "one"}),
        "user": (f"{database},two", resource_types.USER, {"clusterId": database, "name": "two"}),
        "connections": (f"{database},three", resource_types.CONNECTIONS, {
            "clusterId": database, "name": "three", "mode": "session", "size": 1, "dbName": "one", "user": "two",
        }),
        "firewall": (database, resource_types.FIREWALL, {
            "clusterId": database, "rules": [{"type": "ip_addr", "value": "10.0.0.1"}],
        }),
    }  # fmt: skip
    program = {
        name: {"type": type_, "inputs": inputs, "options": {"import_": identity}}
        for name, (identity, type_, inputs) in declared.items()
    }
    looked_up = {"registry": "acme", "vpc": made["vpc"], "cluster": made["cluster"]}
    program |= {
        f"get {name}": {"type": declared[name][1], "inputs": {}, "options": {"id": identity}}
        for name, identity in looked_up.items()
    }
    stack = make_stack("adopted")
    first = stack.preview(program)
    stack.up(program)
    return first, stack.preview(program, "--refresh"), stack.resources()


@pytest.mark.parametrize(
    "name", ["registry", "vpc", "cluster", "pool", "database", "db", "user", "connections", "firewall"]
)
def test_import_changes_nothing(adopted, name):
    first, second, _ = adopted
    assert first[name].op == "import", first[name].changed
    assert name not in second or second[name].op == "same", second[name].changed


@pytest.mark.parametrize("name", ["registry", "vpc", "cluster"])
def test_get_reads_the_resource(adopted, name):
    first, _, state = adopted
    assert first[f"get {name}"].op == "read"
    assert state[f"get {name}"]["external"]
    assert state[f"get {name}"]["outputs"]["name"] == {"registry": "acme", "vpc": "v", "cluster": "c"}[name]


def test_imported_ids_are_those_of_the_official_provider(adopted, made):
    _, _, state = adopted
    database = made["database"]
    assert state["db"]["id"] == f"{database}/database/one"
    assert state["user"]["id"] == f"{database}/user/two"
    assert state["connections"]["id"] == f"{database}/three"
    assert state["firewall"]["id"].startswith(f"{database}-")
