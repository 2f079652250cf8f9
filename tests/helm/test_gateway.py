"""The chart of the Gateway, and what the service's chart says to it."""

from __future__ import annotations

import pytest

from .conftest import CHARTS, one

PREFIX = "service.beta.kubernetes.io/do-loadbalancer"
LOAD_BALANCER = {"id": "4de7ac8b", "name": "slipway-prod", "size": 2, "certificate": "slipway-prod-0a1b2c3d"}
CILIUM = ("cilium.io/v2/CiliumNetworkPolicy",)
HOST = {"route": {"host": "todo.example.com"}}


def gateway(helm, **values):
    return one(helm.objects("gateway", "gateway", {"loadBalancer": LOAD_BALANCER, **values}), "Gateway")


def route(helm, **values):
    return one(helm.render(route={**HOST["route"], **values}), "HTTPRoute")["spec"]


def headers(spec, kind):
    filters = [each for each in spec["rules"][0]["filters"] if each["type"] == kind]
    return {header["name"]: header["value"] for each in filters for header in each[kind[0].lower() + kind[1:]]["set"]}


def test_both_listeners_serve_plain_http_behind_the_load_balancer(helm):
    """The load balancer terminates TLS."""
    spec = gateway(helm)["spec"]
    assert spec["gatewayClassName"] == "cilium"
    assert [(each["name"], each["port"], each["protocol"]) for each in spec["listeners"]] == [
        ("http", 80, "HTTP"),
        ("https", 443, "HTTP"),
    ]
    assert {each["allowedRoutes"]["namespaces"]["from"] for each in spec["listeners"]} == {"Same"}


def test_the_gateway_takes_routes_of_namespaces_with_a_label(helm):
    spec = gateway(helm, routeNamespaces={"slipway/gateway": "slipway-staging"})["spec"]
    wanted = {"from": "Selector", "selector": {"matchLabels": {"slipway/gateway": "slipway-staging"}}}
    assert [each["allowedRoutes"]["namespaces"] for each in spec["listeners"]] == [wanted, wanted]


def test_a_route_may_lead_over_a_gateway_in_another_namespace(helm):
    assert route(helm, gatewayNamespace="todo-app")["parentRefs"] == [
        {"name": "public", "namespace": "todo-app", "sectionName": "https"}
    ]
    assert route(helm)["parentRefs"] == [{"name": "public", "sectionName": "https"}]


def test_the_cloud_controller_adopts_the_load_balancer_unchanged(helm):
    annotations = gateway(helm)["spec"]["infrastructure"]["annotations"]
    assert annotations == {
        "kubernetes.digitalocean.com/load-balancer-id": "4de7ac8b",
        f"{PREFIX}-name": "slipway-prod",
        f"{PREFIX}-type": "REGIONAL",
        f"{PREFIX}-size-unit": "2",
        f"{PREFIX}-protocol": "http",
        f"{PREFIX}-tls-ports": "443",
        f"{PREFIX}-certificate-name": "slipway-prod-0a1b2c3d",
        f"{PREFIX}-redirect-http-to-https": "true",
        f"{PREFIX}-disable-lets-encrypt-dns-records": "true",
    }
    assert all(isinstance(value, str) for value in annotations.values())


def test_another_class_takes_its_place_by_a_value(helm):
    assert gateway(helm, className="traefik")["spec"]["gatewayClassName"] == "traefik"


def test_the_gateway_carries_the_labels_that_it_is_given(helm):
    assert gateway(helm, labels={"slipway/stack": "prod"})["metadata"]["labels"]["slipway/stack"] == "prod"


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"loadBalancer": {**LOAD_BALANCER, "id": ""}}, "/loadBalancer/id"),
        ({"loadBalancer": {**LOAD_BALANCER, "size": 0}}, "/loadBalancer/size"),
        ({"loadBalancer": {**LOAD_BALANCER, "certificate": ""}}, "/loadBalancer/certificate"),
        ({"loadBalancer": LOAD_BALANCER, "clas": "x"}, "clas"),
    ],
)
def test_impossible_values_are_refused_with_their_place(helm, values, place):
    done = helm.run("template", "gateway", str(CHARTS / "gateway"), values=values)
    assert done.returncode != 0
    assert place in done.stderr, done.stderr


def test_the_chart_lints(helm):
    done = helm.run("lint", "--strict", str(CHARTS / "gateway"), values={"loadBalancer": LOAD_BALANCER})
    assert done.returncode == 0, done.stdout


def test_a_service_has_a_route_for_its_host_on_the_https_listener(helm):
    spec = route(helm)
    named = gateway(helm)
    (parent,) = spec["parentRefs"]
    assert parent["name"] == named["metadata"]["name"]
    assert parent["sectionName"] in {each["name"] for each in named["spec"]["listeners"]}
    assert spec["hostnames"] == ["todo.example.com"]
    assert spec["rules"][0]["backendRefs"] == [{"name": "backend", "port": 80, "weight": 1}]


def test_services_see_the_scheme_and_the_host_that_the_client_used(helm):
    said = headers(route(helm), "RequestHeaderModifier")
    assert said == {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "todo.example.com"}


@pytest.mark.parametrize(("hsts", "said"), [(None, {}), (300, "max-age=300"), (0, "max-age=0")])
def test_a_route_sets_hsts_for_the_given_seconds_and_zero_clears_it(helm, hsts, said):
    found = headers(route(helm, hsts=hsts), "ResponseHeaderModifier")
    assert found == ({"Strict-Transport-Security": said} if said else {})


def test_an_answer_takes_as_long_as_it_takes(helm):
    assert route(helm)["rules"][0]["timeouts"] == {"request": "0s"}


def test_a_service_without_a_host_is_not_reached_from_outside(helm):
    kinds = {each["kind"] for each in helm.render(kinds=CILIUM)}
    assert not kinds & {"HTTPRoute", "CiliumNetworkPolicy"}


def test_a_cilium_policy_admits_the_gateway_where_cilium_exists(helm):
    policy = one(helm.render(kinds=CILIUM, port=8001, **HOST), "CiliumNetworkPolicy")["spec"]
    assert policy["ingress"] == [
        {"fromEntities": ["ingress"], "toPorts": [{"ports": [{"port": "8001", "protocol": "TCP"}]}]}
    ]
    selector = one(helm.render(**HOST), "Deployment")["spec"]["selector"]["matchLabels"]
    assert policy["endpointSelector"]["matchLabels"] == selector
    assert "CiliumNetworkPolicy" not in {each["kind"] for each in helm.render(**HOST)}
