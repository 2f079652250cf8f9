"""What becomes of Services of type LoadBalancer."""

from __future__ import annotations

import pytest

from localcloud.cloud_controller.annotations import DISOWN, ID, PREFIX, TYPE
from localcloud.cloud_controller.services import FINALIZER

from .fakes import node, service

WEB = {
    f"{PREFIX}type": "REGIONAL",
    f"{PREFIX}name": "shop",
    f"{PREFIX}http-ports": "80",
    f"{PREFIX}tls-ports": "443",
    f"{PREFIX}certificate-name": "shop",
    f"{PREFIX}redirect-http-to-https": "true",
    f"{PREFIX}disable-lets-encrypt-dns-records": "true",
}


def ingress(cluster, name="web"):
    return cluster.get("services", name)["status"]["loadBalancer"].get("ingress")


def test_service_gets_a_load_balancer(cluster, controller, account):
    held = cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    (balancer,) = account.balancers.values()
    first, second = (port["nodePort"] for port in held["spec"]["ports"])
    assert balancer["name"] == "shop"
    assert balancer["droplet_ids"] == [11, 12]
    assert balancer["forwarding_rules"] == [
        {"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": first},
        {
            "entry_protocol": "https",
            "entry_port": 443,
            "target_protocol": "http",
            "target_port": second,
            "certificate_id": "cert-1",
        },
    ]
    assert balancer["health_check"]["port"] == 10256
    assert balancer["health_check"]["path"] == "/healthz"
    assert balancer["redirect_http_to_https"] is True
    assert balancer["disable_lets_encrypt_dns_records"] is True
    assert held["metadata"]["annotations"][ID] == balancer["id"]
    assert held["metadata"]["finalizers"] == [FINALIZER]
    assert ingress(cluster) == [{"ip": "127.80.0.10"}]


def test_a_service_without_annotations_has_digitaloceans_defaults(cluster, controller, account):
    held = cluster.put("services", service(ports=[5432]))
    controller.reconcile()
    (balancer,) = account.balancers.values()
    assert balancer["name"] == "a" + held["metadata"]["uid"].replace("-", "")[:31]
    assert balancer["type"] == held["metadata"]["annotations"][TYPE] == "REGIONAL_NETWORK"
    assert balancer["forwarding_rules"][0]["target_port"] == 5432


def test_load_balancer_is_adopted_by_its_id(cluster, controller, account):
    account.create_load_balancer({"name": "declared", "type": "REGIONAL", "droplet_ids": []})
    cluster.put("services", service(annotations={**WEB, ID: "lb-1"}))
    controller.reconcile()
    assert list(account.balancers) == ["lb-1"]
    assert account.balancers["lb-1"]["droplet_ids"] == [11, 12]
    assert account.balancers["lb-1"]["name"] == "shop"


def test_nothing_is_sent_while_nothing_changes(cluster, controller, account):
    cluster.put("services", service(annotations=WEB))
    for _ in range(5):
        controller.reconcile()
    assert account.calls == ["create"]


def test_renewed_certificate_is_picked_up_by_its_name(cluster, controller, account, clock):
    cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    account.certificates["shop"] = "cert-2"
    clock.now += 31
    controller.reconcile()
    assert account.balancers["lb-1"]["forwarding_rules"][1]["certificate_id"] == "cert-2"


@pytest.mark.parametrize(
    "change",
    [
        {"ready": False},
        {"labels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""}},
        {"deletionTimestamp": "2026-01-01T00:00:00Z"},
    ],
)
def test_node_that_leaves_gets_no_more_traffic(cluster, controller, account, change):
    cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    cluster.put("nodes", node(12, **change))
    controller.reconcile()
    assert account.balancers["lb-1"]["droplet_ids"] == [11]


def test_address_is_written_once_the_load_balancer_is_active(cluster, controller, account, clock):
    account.polls = 2
    cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    assert "status" not in cluster.get("services", "web")
    for _ in range(2):
        clock.now += 1
        controller.reconcile()
    assert ingress(cluster) == [{"ip": "127.80.0.10"}]
    assert list(account.balancers) == ["lb-1"]


def test_host_name_takes_the_place_of_the_address(cluster, controller):
    cluster.put("services", service(annotations={**WEB, f"{PREFIX}hostname": "Shop.example.com"}))
    controller.reconcile()
    assert ingress(cluster) == [{"hostname": "shop.example.com"}]


def test_deleted_service_takes_its_load_balancer_along(cluster, controller, account):
    cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    cluster.delete("services", "web")
    controller.reconcile()
    assert account.balancers == {}
    assert cluster.get("services", "web") is None


def test_disowned_load_balancer_stays_as_it_is(cluster, controller, account):
    cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    cluster.get("services", "web")["metadata"]["annotations"][DISOWN] = "true"
    cluster.put("nodes", node(13))
    controller.reconcile()
    cluster.delete("services", "web")
    controller.reconcile()
    assert account.balancers["lb-1"]["droplet_ids"] == [11, 12]
    assert cluster.get("services", "web") is None


def test_service_of_another_type_gives_its_load_balancer_up(cluster, controller, account):
    cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    cluster.get("services", "web")["spec"]["type"] = "ClusterIP"
    controller.reconcile()
    assert account.balancers == {}
    assert cluster.get("services", "web")["metadata"]["finalizers"] == []
    assert "loadBalancer" not in cluster.get("services", "web")["status"]


def test_service_of_a_class_is_for_another_controller(cluster, controller, account):
    cluster.put("services", service(loadBalancerClass="example.com/other"))
    controller.reconcile()
    assert account.balancers == {}


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({f"{PREFIX}certificate-name": "none"}, "there is no certificate named 'none' in the account"),
        ({f"{PREFIX}redirect-http-to-https": "yes"}, 'redirect-http-to-https is \'yes\': write "true" or "false"'),
        ({f"{PREFIX}tls-ports": "https"}, "tls-ports is 'https': write ports, such as \"443,8443\""),
        ({f"{PREFIX}http-ports": "443"}, "ports [443] are in more than one annotation"),
        ({f"{PREFIX}tls-passthrough": "true"}, "port 443 speaks https: write exactly one of"),
        ({f"{PREFIX}size-unit": "big"}, "size-unit is 'big': write a whole number"),
        ({f"{PREFIX}type": "GLOBAL"}, "type is 'GLOBAL': write one of REGIONAL, REGIONAL_NETWORK"),
    ],
)
def test_annotation_that_cannot_be_used_is_an_event(cluster, controller, account, annotations, message):
    cluster.put("services", service(annotations={**WEB, **annotations}))
    for _ in range(3):
        controller.reconcile()
    assert account.balancers == {}
    ((kind, reason, text),) = cluster.events()
    assert (kind, reason) == ("Warning", "SyncLoadBalancerFailed")
    assert message in text


def test_refusal_of_the_api_is_tried_again_and_ends(cluster, controller, account, clock):
    account.refuses = "POST /v2/load_balancers: 422 droplet limit exceeded"
    cluster.put("services", service(annotations=WEB))
    controller.reconcile()
    controller.reconcile()
    assert account.calls == ["create"]
    assert ("Warning", "SyncLoadBalancerFailed") in {event[:2] for event in cluster.events()}
    account.refuses = None
    clock.now += 2
    controller.reconcile()
    assert ingress(cluster) == [{"ip": "127.80.0.10"}]


def test_health_check_is_another_only_when_asked_to_be(cluster, controller, account):
    path = {f"{PREFIX}healthcheck-path": "/ready", f"{PREFIX}healthcheck-check-interval-seconds": "7"}
    held = cluster.put("services", service("first", annotations={**WEB, **path}))
    controller.reconcile()
    assert account.balancers["lb-1"]["health_check"]["port"] == 10256
    assert account.balancers["lb-1"]["health_check"]["check_interval_seconds"] == 7
    held["metadata"]["annotations"][f"{PREFIX}override-health-check"] = "true"
    controller.reconcile()
    check = account.balancers["lb-1"]["health_check"]
    assert (check["path"], check["protocol"], check["port"]) == (
        "/ready",
        "http",
        held["spec"]["ports"][0]["nodePort"],
    )


def test_local_traffic_policy_has_its_own_health_check(cluster, controller, account):
    cluster.put("services", service(annotations=WEB, externalTrafficPolicy="Local", healthCheckNodePort=31999))
    controller.reconcile()
    assert account.balancers["lb-1"]["health_check"]["port"] == 31999
