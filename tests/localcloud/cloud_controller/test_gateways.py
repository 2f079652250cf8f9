"""What becomes of Gateways."""

from __future__ import annotations

from localcloud.cloud_controller.annotations import ID, PREFIX

from .fakes import service


def gateway(name="main", *, annotations=None, ports=(80, 443), class_name="cilium"):
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "gatewayClassName": class_name,
            "infrastructure": {"annotations": annotations or {}, "labels": {"team": "shop"}},
            "listeners": [{"name": f"l{port}", "port": port, "protocol": "HTTP"} for port in ports],
        },
    }


def test_gateway_gets_a_service_that_leads_to_its_program(cluster, controller):
    held = cluster.put("gateways", gateway(annotations={f"{PREFIX}type": "REGIONAL"}))
    controller.reconcile()
    made = cluster.get("services", "cilium-gateway-main")
    assert made["spec"]["type"] == "LoadBalancer"
    assert [port["port"] for port in made["spec"]["ports"]] == [80, 443]
    assert made["metadata"]["labels"]["team"] == "shop"
    assert made["metadata"]["labels"]["gateway.networking.k8s.io/gateway-name"] == "main"
    assert made["metadata"]["annotations"][f"{PREFIX}type"] == "REGIONAL"
    assert made["metadata"]["ownerReferences"][0]["uid"] == held["metadata"]["uid"]
    endpoints = cluster.get("endpointslices", "cilium-gateway-main")
    assert endpoints["endpoints"][0]["addresses"] == ["10.253.0.2"]
    assert {port["name"]: port["port"] for port in endpoints["ports"]} == {"port-80": 80, "port-443": 443}


def test_services_load_balancer_is_the_one_of_the_annotation(cluster, controller, account):
    account.create_load_balancer({"name": "declared", "type": "REGIONAL"})
    cluster.put("gateways", gateway(annotations={ID: "lb-1", f"{PREFIX}type": "REGIONAL"}))
    for _ in range(4):
        controller.reconcile()
    assert list(account.balancers) == ["lb-1"]
    addresses = cluster.get("services", "cilium-gateway-addresses", "kube-system")
    assert addresses["status"]["loadBalancer"]["ingress"] == [{"ip": "127.80.0.10"}]
    assert account.calls == ["create", "update"]


def test_changed_listener_changes_the_service(cluster, controller):
    held = cluster.put("gateways", gateway())
    controller.reconcile()
    held["spec"]["listeners"].pop()
    controller.reconcile()
    assert [port["port"] for port in cluster.get("services", "cilium-gateway-main")["spec"]["ports"]] == [80]


def test_deleted_service_is_made_again(cluster, controller):
    cluster.put("gateways", gateway())
    controller.reconcile()
    del cluster.objects["services", "shop", "cilium-gateway-main"]
    controller.reconcile()
    assert cluster.get("services", "cilium-gateway-main")


def test_gateway_of_another_class_gets_nothing(cluster, controller):
    cluster.put("gateways", gateway(class_name="other"))
    controller.reconcile()
    assert cluster.get("services", "cilium-gateway-main") is None


def test_cluster_without_the_kind_is_served_all_the_same(cluster, controller, account):
    cluster.kinds.remove("gateways")
    cluster.put("services", service())
    controller.reconcile()
    assert list(account.balancers) == ["lb-1"]
