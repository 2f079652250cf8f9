from __future__ import annotations

import json

import pytest
import yaml

from .bodies import NEW_CLUSTER, NEW_POOL

PATH = "/v2/kubernetes/clusters"


def create(api, **changes):
    return api.do("POST", PATH, {**NEW_CLUSTER, **changes})["kubernetes_cluster"]


def read(api, cluster):
    return api.do("GET", f"{PATH}/{cluster['id']}")["kubernetes_cluster"]


def test_cluster_is_provisioning_then_running(api):
    cluster = create(api)
    assert [read(api, cluster)["status"]["state"] for _ in range(3)] == ["provisioning"] * 3
    api.settle()
    assert read(api, cluster)["status"]["state"] == "running"


def test_unknown_version_is_refused(api):
    for version in ("1.34.3-do.0", "1.12", "1.3", "newest"):
        body = {**NEW_CLUSTER, "version": version}
        assert "invalid version slug" in api.do("POST", PATH, body, status=422)["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"region": "moon1"},
        {"vpc_uuid": "no-such"},
        {"node_pools": [{"name": "p", "size": "s-1vcpu-1gb", "count": 1}]},
        {"node_pools": [{**NEW_POOL, "min_nodes": 4}]},
        {"node_pools": [{"name": "p", "size": "s-2vcpu-4gb"}]},
    ],
)
def test_invalid_cluster_is_refused(api, change):
    api.do("POST", PATH, {**NEW_CLUSTER, **change}, status=422)
    assert api.do("GET", PATH)["kubernetes_clusters"] == []


def test_cluster_names_are_unique(api):
    create(api)
    api.do("POST", PATH, NEW_CLUSTER, status=422)


def test_nulls_in_an_update_change_nothing(api):
    cluster = create(api, ha=True, control_plane_firewall={"enabled": True, "allowed_addresses": ["10.0.0.0/8"]})
    sent = {"name": "new", "ha": None, "control_plane_firewall": {"enabled": None, "allowed_addresses": None}}
    changed = api.do("PUT", f"{PATH}/{cluster['id']}", sent, status=202)["kubernetes_cluster"]
    assert (changed["name"], changed["ha"]) == ("new", True)
    assert changed["control_plane_firewall"] == {"enabled": True, "allowed_addresses": ["10.0.0.0/8"]}


def test_default_pool_comes_first(api):
    pools = [{"name": "other", "size": "s-2vcpu-4gb", "count": 1}, NEW_POOL]
    assert [pool["name"] for pool in create(api, node_pools=pools)["node_pools"]] == ["p", "other"]


def test_pool_has_count_nodes_within_bounds(api):
    cluster = create(api)
    path = f"{PATH}/{cluster['id']}/node_pools"
    pool = api.do("POST", path, {**NEW_POOL, "name": "q", "count": 2})["node_pool"]
    assert (pool["count"], len(pool["nodes"])) == (2, 2)
    grown = api.do(
        "PUT",
        f"{path}/{pool['id']}",
        {"name": "q", "count": 9, "taints": [{"Key": "a", "Value": "b", "Effect": "NoExecute"}]},
    )["node_pool"]
    assert (grown["count"], len(grown["nodes"])) == (3, 3)
    assert [node["id"] for node in grown["nodes"][:2]] == [node["id"] for node in pool["nodes"]]
    assert grown["taints"] == [{"key": "a", "value": "b", "effect": "NoExecute"}]
    assert len(api.do("GET", path)["node_pools"]) == 2
    api.do("POST", path, {**NEW_POOL, "name": "q"}, status=422)
    api.do("DELETE", f"{path}/{pool['id']}", status=204)
    api.do("GET", f"{path}/{pool['id']}", status=404)


def test_upgrade_is_visible_at_once(api):
    cluster = create(api)
    api.do("POST", f"{PATH}/{cluster['id']}/upgrade", {"version": "1.35.1-do.0"}, status=202)
    assert read(api, cluster)["version"] == "1.35.1-do.0"
    api.do("POST", f"{PATH}/{cluster['id']}/upgrade", {"version": "9"}, status=422)


def test_credentials_are_those_of_the_real_cluster(api):
    cluster = create(api)
    body = api.do("GET", f"{PATH}/{cluster['id']}/credentials?expiry_seconds=0")
    assert (body["server"], body["client_key_data"]) == ("https://127.0.0.1:6500", "S0VZ")
    assert body["expires_at"].endswith("Z")
    config = yaml.safe_load(api.client.get(f"{PATH}/{cluster['id']}/kubeconfig").text)
    assert config["current-context"] == "do-fra1-c"
    assert config["users"][0]["user"] == {"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"}


def test_no_credentials_without_a_real_cluster(api):
    cluster = create(api)
    (api.folder / "credentials.json").unlink()
    assert "no credentials yet" in api.do("GET", f"{PATH}/{cluster['id']}/credentials", status=409)["message"]


def test_integration_needs_a_registry(api):
    cluster = create(api)
    body = {"cluster_uuids": [cluster["id"]]}
    api.do("POST", "/v2/kubernetes/registry", body, status=404)
    api.do("POST", "/v2/registry", {"name": "acme", "subscription_tier_slug": "basic"})
    api.do("POST", "/v2/kubernetes/registry", body, status=204)
    assert read(api, cluster)["registry_enabled"] is True
    api.do("DELETE", "/v2/kubernetes/registry", body, status=204)
    assert read(api, cluster)["registry_enabled"] is False


def test_destroy_removes_associated_resources(api):
    cluster = create(api)
    path = f"{PATH}/{cluster['id']}/destroy_with_associated_resources"
    assert api.do("GET", path) == {"volumes": [], "volume_snapshots": [], "load_balancers": []}
    api.do("DELETE", f"{path}/carefully", status=404)
    api.do("DELETE", f"{path}/dangerous", status=204)
    api.do("GET", f"{PATH}/{cluster['id']}", status=404)


def test_network_in_use_cannot_be_deleted(api):
    vpc = api.do("POST", "/v2/vpcs", {"name": "v", "region": "fra1"})["vpc"]
    cluster = create(api, vpc_uuid=vpc["id"])
    api.do("DELETE", f"/v2/vpcs/{vpc['id']}", status=409)
    api.do("DELETE", f"{PATH}/{cluster['id']}", status=204)
    api.do("DELETE", f"/v2/vpcs/{vpc['id']}", status=409)  # its machines are still there
    api.settle()
    api.do("DELETE", f"/v2/vpcs/{vpc['id']}", status=204)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ip_range": "8.8.8.0/24"}, "must be private"),
        ({"ip_range": "x"}, "not a valid network"),
        ({"ip_range": "10.9.1.0/24"}, "overlaps"),
        ({"region": "moon1"}, "not available"),
    ],
)
def test_invalid_network_is_refused(api, change, message):
    api.do("POST", "/v2/vpcs", {"name": "first", "region": "fra1", "ip_range": "10.9.0.0/20"})
    body = {"name": "v", "region": "fra1", **change}
    assert message in api.do("POST", "/v2/vpcs", body, status=422)["message"]


def test_networks_without_range_get_distinct_ones(api):
    ranges = {api.do("POST", "/v2/vpcs", {"name": name, "region": "fra1"})["vpc"]["ip_range"] for name in "abc"}
    assert len(ranges) == 3
    json.dumps(sorted(ranges))
