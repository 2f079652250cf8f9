"""A canary: the chart `service` once more under another name, and a route that goes before the service's own."""

from __future__ import annotations

import pytest

from tests.helm.check_charts import CANARY
from tests.helm.conftest import CHARTS, one
from tests.helm.test_gateway import CILIUM, route

HOST = CANARY["route"]["host"]


def canary_route(helm, **values):
    return one(helm.objects("canary", "backend-canary-route", {**CANARY, **values}), "HTTPRoute")["spec"]


def test_the_chart_lints(helm):
    done = helm.run("lint", "--strict", str(CHARTS / "canary"), values=CANARY)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("percent", "weights"), [(10, [90, 10]), (50, [50, 50]), (0, [100, 0])])
def test_the_percentage_is_a_weight_and_the_service_has_the_rest(helm, percent, weights):
    references = canary_route(helm, percent=percent)["rules"][0]["backendRefs"]
    assert [each["name"] for each in references] == ["backend", "backend-canary"]
    assert [each["weight"] for each in references] == weights


def test_the_canarys_route_takes_precedence_by_naming_every_method(helm):
    matches = canary_route(helm)["rules"][0]["matches"]
    methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}
    assert {each["method"] for each in matches} == methods
    assert {each["path"]["value"] for each in matches} == {"/"}
    assert "matches" not in route(helm)["rules"][0]


@pytest.mark.parametrize("hsts", [None, 300])
def test_all_else_is_as_in_the_services_own_route(helm, hsts):
    own = one(helm.render(route={"host": HOST, "hsts": hsts}), "HTTPRoute")["spec"]
    canary = canary_route(helm, route={"host": HOST, "hsts": hsts})
    assert {key: canary[key] for key in ("parentRefs", "hostnames")} == {
        key: own[key] for key in ("parentRefs", "hostnames")
    }
    shared = ("filters", "timeouts")
    assert [canary["rules"][0][key] for key in shared] == [own["rules"][0][key] for key in shared]


@pytest.mark.parametrize("values", [{"percent": 101}, {"service": "x" * 40}, {"route": {}}], ids=str)
def test_bad_values_are_refused(helm, values):
    assert helm.run("template", "x", str(CHARTS / "canary"), values={**CANARY, **values}).returncode != 0


def pods(helm, **values):
    return helm.render(name="backend-canary", canaryOf="backend", kinds=CILIUM, **values)


def test_its_pods_are_none_of_the_services(helm):
    own = one(helm.render(), "Service")["spec"]["selector"]
    labels = one(pods(helm), "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert own.items() - labels.items() == {("app.kubernetes.io/name", "backend")}


def test_the_canary_may_call_what_the_service_may_call(helm):
    """Policies of others name a client by its instance."""
    found = pods(helm, migration={"enabled": True, "command": ["migrate"]})
    for kind in ("Deployment", "Job"):
        for each in found:
            if each["kind"] == kind and not each["metadata"]["name"].endswith("-test"):
                labels = each["spec"]["template"]["metadata"]["labels"]
                assert labels["app.kubernetes.io/instance"] == "backend", each["metadata"]["name"]


def test_it_has_policies_of_its_own_and_ciliums_gateway_reaches_it(helm):
    found = {each["metadata"]["name"] for each in pods(helm) if each["kind"].endswith("NetworkPolicy")}
    assert found == {"backend-canary", "backend-canary-jobs", "backend-canary-gateway"}
    assert "HTTPRoute" not in {each["kind"] for each in pods(helm)}
