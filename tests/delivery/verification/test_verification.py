"""What a release's own stack file says is verified once it runs."""

from __future__ import annotations

import pytest
import yaml

from delivery.outcome import RefusedError
from delivery.verification.service_checks import ServiceChecks, read_service_checks
from infra.config.verification import Verification
from tests.delivery.checkout import VERIFY
from tests.delivery.docker_engine import DockerEngine
from tests.delivery.served import served

JOURNEY = {"command": ["python", "-m", "app.journey"]}


@pytest.fixture
def engine(monkeypatch):
    made = DockerEngine()
    with served(made.app()) as url:
        made.url = url
        monkeypatch.setenv("DOCKER_HOST", made.host)
        yield made


@pytest.fixture
def commit(world):
    """Commits a release whose stack file says this of the backend; returns its commit."""

    def make(**changes):
        file = world.checkout.folder / "Pulumi.staging.yaml"
        content = yaml.safe_load(file.read_text())
        service = content["config"]["slipway:services"]["backend"] | changes
        content["config"]["slipway:services"]["backend"] = {
            key: value for key, value in service.items() if value is not ...
        }
        file.write_text(yaml.safe_dump(content))
        sha = world.checkout.commit(f"release {len(world.checkout.releases) + 1}")
        world.change(releases={**world["releases"], sha: world.outputs(sha)})
        return sha

    return make


def deploy(slipway, release):
    return slipway("stack", "deploy", "--stack", "staging", "--release", release, "--timeout", "3")


def test_a_release_with_a_journey_is_verified_by_its_own_image(world, slipway, engine, commit):
    world.run("staging", 1)
    sha = commit(verify={**VERIFY, "journey": JOURNEY})
    status, said = deploy(slipway, sha)
    assert status == 0, said
    assert "backend: journey: passed: `python -m app.journey` ended well" in said
    image = world["releases"][sha]["services"]["backend"]["image"]
    assert ([name for name, _ in engine.pulled], engine.left) == ([image], set())
    assert f"SERVICE_URL={world.service.url}" in engine.created[0]["Env"]


def test_a_failed_journey_rolls_back_to_the_last_good_release(world, slipway, engine, commit):
    world.run("staging", 1)
    engine.status, engine.output = 1, "PATCH /todos/1: expected status 200, answered 500"
    status, said = deploy(slipway, commit(verify={"journey": JOURNEY}))
    assert status == 6, said
    assert "backend: journey: FAILED: `python -m app.journey`: expected exit status 0, answered 1" in said
    assert "PATCH /todos/1: expected status 200, answered 500" in said
    assert world.service.tag == world.checkout.releases[0][:12]


def test_a_release_with_a_journey_is_refused_without_a_docker_engine(world, slipway, commit, monkeypatch):
    world.run("staging", 1)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    status, said = deploy(slipway, commit(verify={"journey": JOURNEY}))
    assert (status, "no Docker Engine answers" in said) == (5, True), said
    assert "up" not in world.commands()


def test_a_release_is_waited_for_at_its_own_readiness_path(world, slipway, commit):
    world.run("staging", 1)
    status, said = deploy(slipway, commit(health={"liveness": "/livez", "readiness": "/works"}))
    assert status == 0, said
    assert f"{world.service.url}/works: 200" in said
    status, said = deploy(slipway, commit(health={"liveness": "/livez", "readiness": "/nowhere"}))
    assert (status, f"not healthy after 3 s: {world.service.url}/nowhere: 404" in said) == (6, True), said


def test_a_release_from_before_verify_is_ready_and_that_is_all(world, slipway, commit):
    world.run("staging", 1)
    sha = commit(verify=...)
    world.service.broken.add(sha[:12])
    status, said = deploy(slipway, sha)
    assert (status, "backend: ready: passed" in said, "works" in said) == (0, True, False), said


def test_a_release_whose_verify_is_not_usable_is_refused_first(world, slipway, commit):
    world.run("staging", 1)
    sha = commit(verify={"requests": [{"path": "works", "status": "200"}], "jurney": None})
    status, said = deploy(slipway, sha)
    assert status == 3, said
    assert "verify.requests[0].path of service backend is not usable: write a path below the service's URL" in said
    assert "verify.requests[0].status of service backend is not usable: Input should be a valid integer" in said
    assert "verify.jurney of service backend is not usable" in said
    assert "up" not in world.commands()


def test_a_service_that_says_nothing_has_the_defaults():
    services = {"a": {}, "b": {"verify": None, "health": None}, "c": {"health": {"liveness": "/"}}}
    assert read_service_checks({"slipway:services": services}) == dict.fromkeys("abc", ServiceChecks())
    assert ServiceChecks() == ServiceChecks("/readyz", Verification())


@pytest.mark.parametrize(
    ("service", "asks"),
    [
        ({"verify": VERIFY}, True),
        ({"verify": {"journey": JOURNEY}}, True),
        ({"verify": {"behaviour": {}}}, False),
        ({}, False),
        ({"kind": "worker", "verify": VERIFY}, False),
    ],
)
def test_a_web_service_is_asked_what_its_verify_has(service, asks):
    assert read_service_checks({"slipway:services": {"a": service}})["a"].asks is asks


@pytest.mark.parametrize(
    ("readiness", "path"),
    [
        ("/ready", "/ready"),
        ({"http": "/ready"}, "/ready"),
        ({"http": "/ready", "port": 9000}, None),
        ({"tcp": 8000}, None),
        ({"command": ["true"]}, None),
        (None, None),
    ],
)
def test_a_service_is_ready_where_its_own_probe_asks(readiness, path):
    service = {"health": {"readiness": readiness}}
    assert read_service_checks({"slipway:services": {"a": service}})["a"].readiness == path


def test_first_request_waits_for_a_service_without_readiness_path(world, slipway, commit):
    requests = [{"path": "/nowhere", "status": 404}, {"path": "/works"}]
    sha = commit(health={"readiness": {"tcp": 8000}}, verify={"requests": requests})
    status, said = deploy(slipway, sha)
    assert status == 0, said
    assert f"{world.service.url}/works: 200" in said
    assert "backend: ready:" not in said


def test_every_problem_of_verify_is_reported_at_once():
    service = {"verify": {"journey": {"command": []}, "version": {"path": "x"}}}
    with pytest.raises(RefusedError, match=r"(?s)verify\.version\.path.*; verify\.journey\.command"):
        read_service_checks({"slipway:services": {"a": service}})
