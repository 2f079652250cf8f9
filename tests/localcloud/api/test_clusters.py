"""Clusters with a real service behind them: versions, nodes, and what follows them."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from .conftest import Api
from .services import all_services
from .test_kubernetes import PATH, create, read

POOL = {"name": "p", "size": "s-2vcpu-4gb", "count": 2}


def make(api, **changes):
    cluster = create(api, **{"version": "1.34", "node_pools": [POOL], "surge_upgrade": True, **changes})
    api.settle()
    return read(api, cluster)


@pytest.mark.parametrize("kind", ["kubeconfig", "credentials"])
def test_a_credential_ends_when_it_was_asked_to(served, services, kind):
    path = f"{PATH}/{make(served)['id']}/{kind}"
    services.clusters.lifetimes.clear()
    for query in ("?expiry_seconds=600", "?expiry_seconds=0", ""):
        assert served.client.get(path + query).is_success
    assert services.clusters.lifetimes == [timedelta(minutes=10), None, None]
    assert served.client.get(f"{path}?expiry_seconds=-1").is_client_error


def versions(spec):
    return [node.version for node in spec.nodes]


def test_specification_has_what_the_api_was_sent(served, services):
    taint = {"Key": "k", "Value": "v", "Effect": "NoSchedule"}
    pool = {**POOL, "labels": {"a": "b"}, "taints": [taint]}
    cluster = make(served, node_pools=[pool], cluster_subnet="10.100.0.0/16", service_subnet="10.101.0.0/19")
    (spec,) = services.clusters.specs
    assert (spec.id, spec.name, spec.region, spec.version) == (cluster["id"], "c", "fra1", "1.34.4-do.0")
    assert (spec.cluster_subnet, spec.service_subnet) == ("10.100.0.0/16", "10.101.0.0/19")
    assert [(node.pool, node.size, dict(node.labels)) for node in spec.nodes] == [
        ("p", "s-2vcpu-4gb", {"a": "b"})
    ] * 2
    assert (spec.nodes[0].taints[0].key, spec.nodes[0].taints[0].effect) == ("k", "NoSchedule")
    assert [node["name"] for node in cluster["node_pools"][0]["nodes"]] == [node.name for node in spec.nodes]
    assert {node["status"]["state"] for node in cluster["node_pools"][0]["nodes"]} == {"running"}


@pytest.mark.parametrize(
    ("wanted", "slug"), [("1.34", "1.34.4-do.0"), ("1.34.4-do.0", "1.34.4-do.0"), ("latest", "1.35.1-do.0")]
)
def test_version_resolves_to_newest_patch(served, wanted, slug):
    assert make(served, version=wanted)["version"] == slug


def test_retired_patch_is_refused(served, services):
    services.clusters.offered = ["1.34.5-do.0"]
    served.do(
        "POST", PATH, {"name": "c", "region": "fra1", "version": "1.34.4-do.0", "node_pools": [POOL]}, status=422
    )
    assert make(served)["version"] == "1.34.5-do.0"


def test_failure_of_the_service_is_the_clusters_status(served, services):
    services.clusters.problem = "no disk"
    assert make(served)["status"] == {"state": "error", "message": "no disk"}


def test_upgrade_adds_a_pools_new_nodes_before_deleting_the_old_ones(served, services):
    cluster = make(served)
    served.do("POST", f"{PATH}/{cluster['id']}/upgrade", {"version": "1.35"}, status=202)
    assert read(served, cluster)["status"]["state"] == "upgrading"
    assert read(served, cluster)["version"] == "1.35.1-do.0"
    served.settle()
    old, new = "1.34.4-do.0", "1.35.1-do.0"
    assert [spec.version for spec in services.clusters.specs] == [old, new, new, new]
    assert [versions(spec) for spec in services.clusters.specs[1:]] == [[old, old], [old, old, new, new], [new, new]]
    done = read(served, cluster)
    assert (done["status"]["state"], len(done["node_pools"][0]["nodes"])) == ("running", 2)
    assert len(served.do("GET", "/v2/droplets")["droplets"]) == 2


def test_upgrade_adds_ten_nodes_at_a_time_and_one_pool_after_another(served, services):
    pools = [{**POOL, "count": 12}, {**POOL, "name": "other", "count": 1}]
    served.do("PUT", "/_emulator/limits", {"droplets": 50})
    cluster = make(served, node_pools=pools)
    served.do("POST", f"{PATH}/{cluster['id']}/upgrade", {"version": "1.35"}, status=202)
    served.settle()
    assert [len(spec.nodes) for spec in services.clusters.specs] == [13, 13, 23, 13, 15, 13, 14, 13]


def test_running_cluster_says_where_its_api_server_is(served):
    assert make(served)["endpoint"] == "https://127.0.0.1:6501"


def test_upgrade_without_surge_never_has_more_nodes(served, services):
    cluster = make(served, surge_upgrade=False)
    served.do("POST", f"{PATH}/{cluster['id']}/upgrade", {"version": "1.35.1-do.0"}, status=202)
    served.settle()
    assert max(len(spec.nodes) for spec in services.clusters.specs) == 2
    assert versions(services.clusters.specs[-1]) == ["1.35.1-do.0"] * 2


def test_patch_upgrade_takes_those_that_want_it(served):
    patched, other = make(served, auto_upgrade=True), make(served, name="other")
    served.do("PUT", "/_emulator/versions", {"versions": ["1.34.5-do.0", "1.35.1-do.0"]})
    assert served.do("POST", "/_emulator/patch-upgrade")["upgraded"] == {patched["id"]: "1.34.5-do.0"}
    served.settle()
    assert [read(served, each)["version"] for each in (patched, other)] == ["1.34.5-do.0", "1.34.4-do.0"]
    assert served.do("POST", "/_emulator/patch-upgrade")["upgraded"] == {}


def test_droplets_are_the_nodes_with_their_addresses(served):
    cluster = make(served)
    droplets = served.do("GET", f"/v2/droplets?tag_name=k8s:{cluster['id']}")["droplets"]
    assert [droplet["name"] for droplet in droplets] == [node["name"] for node in cluster["node_pools"][0]["nodes"]]
    assert all(type(droplet["id"]) is int and droplet["status"] == "active" for droplet in droplets)
    assert droplets[0]["networks"]["v4"][0]["ip_address"].startswith("10.253.0.")
    assert served.do("GET", f"/v2/droplets/{droplets[0]['id']}")["droplet"] == droplets[0]


def test_pool_shrinks_by_its_newest_nodes(served, services):
    cluster = make(served)
    path = f"{PATH}/{cluster['id']}/node_pools/{cluster['node_pools'][0]['id']}"
    first = cluster["node_pools"][0]["nodes"][0]
    shrinking = served.do("PUT", path, {"name": "p", "count": 1}, status=202)["node_pool"]
    assert [node["status"]["state"] for node in shrinking["nodes"]] == ["running", "deleting"]
    served.settle()
    assert [node["id"] for node in served.do("GET", path)["node_pool"]["nodes"]] == [first["id"]]
    assert [node.name for node in services.clusters.specs[-1].nodes] == [first["name"]]


def test_deleted_node_is_replaced_if_asked(served):
    cluster = make(served)
    path = f"{PATH}/{cluster['id']}/node_pools/{cluster['node_pools'][0]['id']}"
    one, two = (node["id"] for node in cluster["node_pools"][0]["nodes"])
    served.do("DELETE", f"{path}/nodes/{one}?replace=1", status=202)
    served.settle()
    pool = served.do("GET", path)["node_pool"]
    assert (pool["count"], len(pool["nodes"]), one in {node["id"] for node in pool["nodes"]}) == (2, 2, False)
    served.do("DELETE", f"{path}/nodes/{two}", status=202)
    served.settle()
    assert served.do("GET", path)["node_pool"]["count"] == 1
    served.do("DELETE", f"{path}/nodes/{two}", status=404)


def test_pool_may_be_empty_while_another_has_nodes(served):
    cluster = make(served)
    path = f"{PATH}/{cluster['id']}/node_pools"
    spare = {"name": "spare", "size": "s-2vcpu-4gb", "auto_scale": True, "min_nodes": 0, "max_nodes": 3}
    assert served.do("POST", path, spare)["node_pool"]["count"] == 0
    served.do("PUT", f"{path}/{cluster['node_pools'][0]['id']}", {"name": "p", "count": 0}, status=422)
    served.do("DELETE", f"{path}/{cluster['node_pools'][0]['id']}", status=422)


def test_quota_of_droplets(served):
    served.do("PUT", "/_emulator/limits", {"droplets": 3})
    assert served.do("GET", "/v2/account")["account"]["droplet_limit"] == 3
    cluster = make(served)
    path = f"{PATH}/{cluster['id']}/node_pools/{cluster['node_pools'][0]['id']}"
    served.do("PUT", path, {"name": "p", "count": 3}, status=202)
    message = served.do("PUT", path, {"name": "p", "count": 4}, status=422)["message"]
    assert (
        message
        == "validation error: node count exceeds limits, 1 additional nodes but not enough available droplet limit"
    )


def test_credentials_are_the_services(served):
    body = served.do("GET", f"{PATH}/{make(served)['id']}/credentials")
    assert base64.b64decode(body["client_key_data"]) == b"KEY"
    assert (body["server"], body["token"]) == ("https://127.0.0.1:6501", "")


@pytest.mark.parametrize(("how", "left"), [("", 1), ("/destroy_with_associated_resources/dangerous", 0)])
def test_deletion_removes_droplets_volumes_and_named_load_balancers(served, services, how, left):
    cluster = make(served)
    tag = f"k8s:{cluster['id']}"
    served.do("POST", "/v2/volumes", {"name": "pvc", "region": "fra1", "size_gigabytes": 1, "tags": [tag]})
    rule = {"entry_protocol": "tcp", "entry_port": 80, "target_protocol": "tcp", "target_port": 30080}
    body = {"name": "lb", "region": "fra1", "forwarding_rules": [rule], "tags": [tag]}
    balancer = served.do("POST", "/v2/load_balancers", body)["load_balancer"]
    named = served.do("GET", f"{PATH}/{cluster['id']}/destroy_with_associated_resources")
    assert [each["id"] for each in named["load_balancers"]] == [balancer["id"]]
    served.do("DELETE", f"{PATH}/{cluster['id']}{how}", status=204)
    served.settle()
    assert services.clusters.deleted == [cluster["id"]]
    assert served.do("GET", "/v2/droplets")["droplets"] == []
    assert served.do("GET", "/v2/volumes")["volumes"] == []
    assert served.do("GET", "/v2/load_balancers")["meta"]["total"] == left
    assert services.load_balancers.deleted == ([] if left else [balancer["id"]])


def test_restart_takes_unfinished_work_up_again(tmp_path):
    first = Api(tmp_path, backends=all_services(), settle_seconds=60)
    cluster = create(first, version="1.34", node_pools=[POOL])
    first.close()
    services = all_services()
    again = Api(tmp_path, backends=services)
    again.settle()
    assert read(again, cluster)["status"]["state"] == "running"
    assert [spec.id for spec in services.clusters.specs] == [cluster["id"]]
    again.close()
