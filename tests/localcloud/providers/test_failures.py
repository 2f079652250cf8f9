"""What fails half-way, is refused for a while, or is used by others; by the engine."""

from __future__ import annotations

import pytest

from tests.localcloud.providers.engine import TOKEN
from tests.localcloud.providers.scenarios import resource_types
from tests.localcloud.providers.scenarios.inputs import HTTP, MIDDLE, create_inputs

pytestmark = pytest.mark.timeout(600)


def declared(name, number=0, **more):
    options = more.pop("options", {})
    type_ = more.pop("type_")
    return {name: {"type": type_, "inputs": {**create_inputs(type_, name, number), **more}, "options": options}}


PLAIN = {"forwardingRules": [HTTP], "redirectHttpToHttps": False}
PROGRAM = {
    **declared("registry", type_=resource_types.REGISTRY),
    **declared("half", type_=resource_types.CLUSTER, registryIntegration=True, options={"depends_on": ["registry"]}),
    **declared("refused", type_=resource_types.DATABASE),
    "example": {"type": resource_types.DOMAIN, "inputs": {"name": "example.com"}, "options": {}},
    **declared("certificate", type_=resource_types.CERTIFICATE, options={"depends_on": ["example"]}),
    **declared("balancer", type_=resource_types.BALANCER, **PLAIN),
    **declared("throttled", 1, type_=resource_types.VPC, options={"custom_timeouts": {"delete": "2s"}}),
}


@pytest.fixture(scope="module")
def story(make_stack, api):
    """The stack's outputs, step by step."""
    stack = make_stack("failures")
    api.plan_fault("POST", "/v2/kubernetes/registry", 412)
    api.plan_fault("POST", "/v2/databases", 422)
    api.plan_fault("POST", "/v2/vpcs", 429)
    api.plan_fault("GET", "/v2/load_balancers/", 403)
    failed = stack.up(PROGRAM, "--continue-on-error", check=False)
    half_made = stack.resources()
    stack.up(PROGRAM)
    finished = stack.resources()
    api.plan_fault("PUT", "/v2/load_balancers/", 500)
    api.plan_fault("GET", "/v2/load_balancers/", 429)
    api.plan_fault("PUT", "/v2/load_balancers/", 503)
    changed = {**PROGRAM, **declared("balancer", type_=resource_types.BALANCER, **PLAIN, sizeUnit=3)}
    changed |= declared("certificate", type_=resource_types.CERTIFICATE, domains=["example.com"])
    api.plan_fault("DELETE", "/v2/certificates/", 403, times=3)
    stack.up(changed)
    updated = stack.resources()
    vpc = finished["throttled"]["id"]
    body = {"name": "member", "region": "fra1", "version": MIDDLE, "vpc_uuid": vpc,
            "node_pools": [{"name": "p", "size": "s-2vcpu-4gb", "count": 1}]}  # fmt: skip
    member = api.do("POST", "/v2/kubernetes/clusters", body)["kubernetes_cluster"]["id"]
    api.plan_fault("DELETE", "/v2/registries/registry", 412, times=2)
    kept = stack.run("destroy", "--yes", "--skip-preview", "--continue-on-error", check=False)
    left = stack.resources()
    api.do("DELETE", f"/v2/kubernetes/clusters/{member}")
    stack.destroy()
    return {
        "failed": failed, "half_made": half_made, "finished": finished, "updated": updated, "kept": kept, "left": left,
        "requests": api.do("GET", "/_emulator/requests")["requests"],
    }  # fmt: skip


def test_cluster_that_fails_half_way_stays_in_the_state(story):
    assert "POST /v2/kubernetes/registry: 412 a fault on purpose (request " in story["failed"].stdout
    half = story["half_made"]["half"]
    assert half["id"]
    assert "412" in half["initErrors"][0]


def test_next_update_finishes_the_cluster(story):
    assert story["finished"]["half"]["id"] == story["half_made"]["half"]["id"]
    assert "initErrors" not in story["finished"]["half"]
    integrations = [
        one["status"] for one in story["requests"]
        if (one["method"], one["path"]) == ("POST", "/v2/kubernetes/registry")
    ]  # fmt: skip
    assert integrations == [412, 204]


def test_load_balancer_that_cannot_be_waited_for_stays_in_the_state(story):
    assert "GET /v2/load_balancers/" in story["failed"].stdout
    half, whole = story["half_made"]["balancer"], story["finished"]["balancer"]
    assert "403 a fault on purpose (request " in half["initErrors"][0]
    assert (whole["id"], whole["outputs"]["status"]) == (half["id"], "active")
    assert "initErrors" not in whole


def test_errors_name_the_resource(story):
    for kind, name in (("KubernetesCluster", "half"), ("DatabaseCluster", "refused"), ("LoadBalancer", "balancer")):
        assert f"digitalocean:index:{kind} ({name})" in story["failed"].stdout


def test_update_survives_faults_in_its_middle(story):
    assert story["updated"]["balancer"]["outputs"]["sizeUnit"] == 3
    puts = [
        one["status"] for one in story["requests"]
        if one["method"] == "PUT" and one["path"].startswith("/v2/load_balancers/")
    ]  # fmt: skip
    assert [status for status in puts if status >= 500] == [500, 503]


def test_certificate_in_use_is_replaced_once_it_is_free(story):
    before, after = (story[step]["certificate"]["outputs"] for step in ("finished", "updated"))
    assert after["domains"] == ["example.com"]
    assert after["uuid"] != before["uuid"]


def test_refused_resource_is_not_in_the_state(story):
    assert "POST /v2/databases: 422 a fault on purpose" in story["failed"].stdout
    assert "refused" not in story["half_made"]
    assert "refused" in story["finished"]


def test_throttled_request_is_sent_again(story):
    assert story["half_made"]["throttled"]["id"]


def test_deletion_of_a_used_resource_times_out(story):
    assert "409 Can not delete VPC with members" in story["kept"].stdout
    assert "something still used it after 2 s" in story["kept"].stdout
    assert "throttled" in story["left"]


def test_deletion_waits_while_resource_is_used(story):
    assert "registry" not in story["left"]


def test_no_output_has_the_token(story):
    for step in ("failed", "kept"):
        assert TOKEN not in story[step].stdout + story[step].stderr
