"""A service's network policy admits its clients, and lets its pods reach DNS, databases and public addresses alone."""

from __future__ import annotations

import ipaddress

from .conftest import allows, main_pod, one, pod_templates, policies


def test_service_container_and_policy_have_the_further_ports_names(helm):
    objects = helm.render(ports=[{"name": "no", "port": 9090}, {"name": "grpc", "port": 50051}])
    container = main_pod(objects)["containers"][0]
    assert {each["name"]: each["containerPort"] for each in container["ports"]} == {
        "http": 8000,
        "no": 9090,
        "grpc": 50051,
    }
    service = one(objects, "Service")["spec"]["ports"]
    assert {each["name"]: (each["port"], each["targetPort"]) for each in service} == {
        "http": (80, "http"), "no": (9090, "no"), "grpc": (50051, "grpc"),
    }  # fmt: skip
    (rule,) = policies(objects)["backend"]["ingress"]
    assert rule["ports"] == [{"port": "http"}, {"port": "no"}, {"port": "grpc"}]


def test_a_node_port_opens_the_services_own_port_alone_to_everyone(helm):
    objects = helm.render(service={"type": "NodePort"}, ports=[{"name": "metrics", "port": 9090}])
    everyone, inside = policies(objects)["backend"]["ingress"]
    assert everyone == {"ports": [{"port": "http"}]}
    assert inside["from"] == [{"podSelector": {}}]


def test_only_clients_and_the_services_own_test_may_call_it(helm):
    def callers(clients):
        objects = helm.render(networkPolicy={"clients": clients}, test={"command": ["check"]})
        (rule,) = policies(objects)["backend"]["ingress"]
        test = dict(pod_templates(objects))["backend-test"]["metadata"]["labels"]
        (peer,) = rule["from"]
        assert allows(peer, test)
        return [name for name in ("chat", "other") if allows(peer, {"app.kubernetes.io/instance": name})]

    assert callers(["chat"]) == ["chat"]
    assert callers([]) == []
    assert callers(None) == ["chat", "other"]


def test_only_neighbours_reach_a_service_and_nothing_its_jobs(helm):
    found = policies(helm.render())
    for policy in found.values():
        assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert found["backend"]["ingress"] == [{"from": [{"podSelector": {}}], "ports": [{"port": "http"}]}]
    assert found["backend-jobs"]["ingress"] == []


def test_databases_are_reached_by_private_addresses_only(helm):
    extra = {"ports": [{"port": 9000}]}
    for policy in policies(helm.render(networkPolicy={"extraEgress": [extra]})).values():
        *_, databases, last = policy["egress"]
        assert databases["ports"] == [{"port": 25060}, {"port": 25061}]
        ranges = [ipaddress.ip_network(to["ipBlock"]["cidr"]) for to in databases["to"]]
        assert ranges
        assert all(each.is_private for each in ranges)
        assert last == extra


def test_a_preview_environment_reaches_public_addresses_alone(helm):
    for policy in policies(helm.render(networkPolicy={"publicOnly": True})).values():
        https = [rule for rule in policy["egress"] if {"port": 443} in rule.get("ports", [])]
        assert all("169.254.0.0/16" in block["except"] for block in [https[0]["to"][0]["ipBlock"]])
        assert all(rule.get("to") for rule in policy["egress"])
        assert "25060" not in str(policy["egress"])
