from __future__ import annotations

import json

from operations.maintenance_objects import make_page, make_policies, make_route

FILTER = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "X-Forwarded-Proto"}]}}
BACKEND = {"name": "backend", "port": 80, "weight": 1}
ROUTE = {
    "spec": {
        "parentRefs": [{"name": "public", "sectionName": "https"}],
        "hostnames": ["api.example.com"],
        "rules": [{"filters": [FILTER], "backendRefs": [BACKEND]}],
    }
}


def find(objects, kind, name="backend-maintenance"):
    [found] = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def read_routes(objects):
    configuration = json.loads(find(objects, "ConfigMap")["data"]["caddy.json"])
    return configuration["apps"]["http"]["servers"]["page"]["routes"]


def test_all_methods_go_to_the_page_and_health_paths_to_the_service():
    spec = make_route("backend", ROUTE, ["/readyz", "/livez"])["spec"]
    assert (spec["hostnames"], spec["parentRefs"]) == (["api.example.com"], ROUTE["spec"]["parentRefs"])
    health, rest = spec["rules"]
    assert [match["path"] for match in health["matches"]] == [
        {"type": "Exact", "value": "/readyz"},
        {"type": "Exact", "value": "/livez"},
    ]
    assert (health["backendRefs"], health["filters"]) == ([BACKEND], [FILTER])
    assert rest["backendRefs"] == [{"name": "backend-maintenance", "port": 80}]
    # A match by method comes before the service's own route, which has none.
    assert {match["method"] for match in rest["matches"]} >= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


def test_people_read_a_page_and_programs_a_problem():
    problem, page = read_routes(make_page("backend", "Back at 14:00.", 600, []))
    assert problem["match"] == [{"header": {"Accept": ["*json*"]}}]
    assert json.loads(problem["handle"][0]["body"])["detail"] == "Back at 14:00."
    assert "<p>Back at 14:00.</p>" in page["handle"][0]["body"]
    for each in (problem, page):
        assert each["handle"][0]["status_code"] == "503"
        assert each["handle"][0]["headers"]["Retry-After"] == ["600"]


def test_a_message_is_text_and_never_markup_or_a_placeholder():
    problem, page = read_routes(make_page("backend", '<b>{env.PATH}</b> "soon"', 600, []))
    assert "&lt;b&gt;&#123;env.PATH}&lt;/b&gt;" in page["handle"][0]["body"]
    assert "{env" not in problem["handle"][0]["body"]
    assert json.loads(problem["handle"][0]["body"])["detail"] == '<b>{env.PATH}</b> "soon"'


def test_another_message_replaces_the_pod():
    def read_template(message):
        return find(make_page("backend", message, 600, []), "Deployment")["spec"]["template"]

    assert read_template("one") == read_template("one")
    assert read_template("one") != read_template("two")


def test_the_page_at_a_node_port_proxies_health_paths_to_the_pods():
    objects = make_page("backend", "", 600, ["/readyz"])
    health = read_routes(objects)[0]
    assert health["match"] == [{"path": ["/readyz"]}]
    origin = find(objects, "Service", "backend-maintenance-origin")
    assert origin["spec"]["selector"]["app.kubernetes.io/name"] == "backend"
    assert health["handle"][0]["upstreams"] == [{"dial": "backend-maintenance-origin:80"}]


def test_who_may_reach_the_service_may_reach_the_page():
    ingress = [{"from": [{"podSelector": {}}], "ports": [{"port": "http"}]}]
    plain, cilium = make_policies("backend", ingress, gateway=True)
    assert plain["spec"]["ingress"] == ingress
    assert cilium["spec"]["ingress"][0]["fromEntities"] == ["ingress"]
    assert make_policies("backend", None, gateway=False) == []
