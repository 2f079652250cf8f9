"""A service's probes ask a path, a port, gRPC or a command for its health."""

from __future__ import annotations

import pytest

from .conftest import main_pod, render_deployment

PROBES = {
    "a path": ("/live", {"httpGet": {"path": "/live", "port": "http"}}),
    "a path of another port": ({"http": "/live", "port": 9000}, {"httpGet": {"path": "/live", "port": 9000}}),
    "a port": ({"tcp": 6379}, {"tcpSocket": {"port": 6379}}),
    "gRPC": ({"grpc": 50051}, {"grpc": {"port": 50051}}),
    "a command": ({"command": ["a", "$(X)"]}, {"exec": {"command": ["a", "$$(X)"]}}),
}


@pytest.mark.parametrize(("given", "expected"), PROBES.values(), ids=PROBES)
def test_probes_use_the_given_handler_and_startup_uses_liveness(helm, given, expected):
    container = main_pod(helm.render(health={"liveness": given, "readiness": "/ready"}))["containers"][0]
    (how,) = expected
    assert container["livenessProbe"][how] == container["startupProbe"][how] == expected[how]
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    container = main_pod(helm.render(health={"readiness": given}))["containers"][0]
    assert container["readinessProbe"][how] == expected[how]
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"


def test_no_probe_is_no_probe(helm):
    container = main_pod(helm.render(health={"liveness": ""}))["containers"][0]
    assert {each for each in container if each.endswith("Probe")} == {"readinessProbe"}


def test_a_worker_is_asked_for_its_health_only_where_it_says_how(helm):
    container = main_pod(helm.render(kind="worker"))["containers"][0]
    assert not {"startupProbe", "livenessProbe", "readinessProbe"} & set(container)
    container = main_pod(helm.render_kind("worker"))["containers"][0]
    assert container["livenessProbe"]["exec"] == {"command": ["pgrep", "-x", "worker"]}
    assert container["readinessProbe"]["tcpSocket"] == {"port": 9000}


def test_a_slow_service_has_its_time_to_start(helm):
    container = render_deployment(helm, startupSeconds=300)["template"]["spec"]["containers"][0]
    probe = container["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == 300
