"""The canary of a service, as an update that has one declares it."""

from __future__ import annotations

import pytest
from infra_stacks import settings_of

from infra.components.canary import find_canary_replicas
from infra.config.service import Service
from infra.config.settings import SettingsError
from infra.stack_state import STACK
from tests.infra.recorder import Recorder

HOST = "api.todo.staging.example.com"
VERIFY = {"canary": {"steps": [10, 50]}}
LIVE = {"release": "a" * 40, "services": {"backend": {"tag": "a" * 12}}, "canary": {"backend": {"percent": 10}}}


def deploy(repository, *, percent=10, canary=None, config=None, **changes):
    entry = {**settings_of("staging")["services"]["backend"], "host": HOST, "verify": VERIFY, **changes}
    state = {"urn:x::slipway-staging": {"type": STACK, "outputs": LIVE}}
    canary = {"backend": percent} if canary is None else canary
    services = {**settings_of("staging")["services"], "backend": entry}
    return repository.deploy(
        "staging", cloud=Recorder(state=state), services=services, canary=canary, **(config or {})
    )


def releases(recorder):
    return {each.name: each.inputs for each in recorder.of("v3:Release")}


def test_the_canary_has_the_services_values_without_its_host(repository):
    found = releases(deploy(repository, nodePort=30080))
    own, canary = found["backend"]["values"], found["backend-canary"]["values"]
    different = {key for key in {*own, *canary} if own.get(key) != canary.get(key)}
    assert different == {"canaryOf", "canaryPercent", "replicas", "autoscaling", "route", "service"}
    assert (canary["canaryOf"], canary["canaryPercent"]) == ("backend", 50)
    assert (canary["route"], canary["service"]) == ({}, {})


def test_its_route_has_the_percentage_and_comes_after_its_pods(repository):
    recorder = deploy(repository, percent=50)
    values = releases(recorder)["backend-canary-route"]["values"]
    assert (values["service"], values["percent"]) == ("backend", 50)
    assert values["route"] == {"host": HOST, "hsts": 300}
    [request] = [each for (_, name), each in recorder.options.items() if name == "backend-canary-route"]
    assert any(urn.endswith("Release::backend-canary") for urn in request.dependencies)


def test_its_secrets_are_its_own(repository):
    secret = {"config": {"secrets.backend.TOKEN": "the token"}, "secrets": ["TOKEN"]}
    recorder = deploy(repository, **secret)
    assert {"backend", "backend-canary"} <= {each.name for each in recorder.of("core/v1:Secret")}
    assert releases(recorder)["backend-canary"]["values"]["secretEnvironment"][-1] == "backend-canary"


def test_what_is_exported_is_what_runs_and_the_canary_beside_it(repository):
    outputs = {name: value for name, (value, _) in deploy(repository, percent=50).outputs.items()}
    assert (outputs["release"], outputs["services"]) == (LIVE["release"], LIVE["services"])
    assert outputs["canary"] == {"backend": {"percent": 50, "tag": repository.first[:12]}}


def test_an_update_without_one_declares_and_exports_none(repository):
    recorder = deploy(repository, canary={})
    assert not any("canary" in name for name in releases(recorder))
    assert "canary" not in recorder.outputs


@pytest.mark.parametrize(
    ("steps", "replicas", "least", "most"),
    [([10], (2, 2), 1, 1), ([10, 50], (2, 2), 1, 1), ([10, 50], (5, 5), 3, 3), ([10, 50], (4, 9), 2, 9)],
)
def test_it_has_the_pods_that_its_largest_step_needs(steps, replicas, least, most):
    wanted = {"min": replicas[0], "max": replicas[1]}
    service = Service.model_validate(
        {"name": "x", "folder": "x", "replicas": wanted, "verify": {"canary": {"steps": steps}}}
    )
    found = find_canary_replicas(service)
    assert (found.min, found.max) == (least, most)


@pytest.mark.parametrize(
    ("canary", "changes", "said"),
    [
        ({"other": 10}, {}, "slipway:canary has other, which is no service"),
        ({"backend": 10}, {"host": None}, "lacks a host or `verify.canary`"),
        ({"backend": 0}, {}, "write a whole percentage from 1 to 99"),
        (
            {},
            {"storage": {"size": "1Gi", "mountPath": "/data"}, "replicas": {"min": 1, "max": 1}},
            "the service's vol",
        ),
    ],
)
def test_what_can_have_none_is_refused(repository, canary, changes, said):
    with pytest.raises(SettingsError, match=said):
        deploy(repository, canary=canary, **changes)
