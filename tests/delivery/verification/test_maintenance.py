"""Releases that go out while a maintenance page is shown: their checks get past it, and it stays."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from delivery.commands import target
from delivery.verification.maintenance import HEADER, find_pages
from tests.delivery.served import serve
from tests.fake_cluster import FakeCluster, opened

# Forwards to the port in the first line of a file; without one there is no such pod.
KUBECTL = """#!/bin/sh
read port < "$FAKE_PORT" || { echo "error: pods not found" >&2; exit 1; }
echo "Forwarding from 127.0.0.1:$port -> 8000"
exec sleep 60
"""


@dataclass
class Front:
    """What answers at a service's URL: its health path, and the page.

    Attributes:
        answers: how many requests are answered without a page before it is there.
    """

    answers: int = 0
    url: str = ""
    headers: dict = field(default_factory=lambda: {HEADER: "on"})

    def app(self):
        def answer(request):
            self.answers -= 1
            if request.method == "GET" and request.url.path == "/readyz":
                return PlainTextResponse("ok")  # a health path
            return PlainTextResponse("", 503, {} if self.answers >= 0 else self.headers)

        return Starlette(routes=[Route("/{path:path}", answer)])


@pytest.fixture
def front():
    with serve(Front()) as service:
        yield service


@pytest.fixture
def kubectl(tmp_path, monkeypatch, world, service):
    program = tmp_path / "bin/kubectl"
    program.write_text(KUBECTL)
    program.chmod(0o755)
    port = tmp_path / "port"
    port.write_text(service.url.rpartition(":")[2] + "\n")
    monkeypatch.setenv("FAKE_PORT", str(port))
    return port


@pytest.fixture
def staging(world, kubectl, monkeypatch):
    """Staging runs the second release, and its pods are there of each."""
    world.run("staging", 1, 2)
    fake = FakeCluster()
    for number, sha in enumerate(world.checkout.releases):
        fake.add_pod(f"backend-{number}", digest=world["releases"][sha]["services"]["backend"]["digest"])
    with opened(fake) as cluster:
        monkeypatch.setattr(target, "request_cluster", lambda *_, **__: replace(cluster))
        yield fake


def run(slipway, front, command, *words):
    return slipway("stack", command, "--stack", "staging", "--url", f"backend={front.url}", "--timeout", 3, *words)


def test_a_person_rolls_back_behind_the_page_and_it_stays(world, staging, front, slipway):
    status, said = run(slipway, front, "rollback", "--to", "previous")
    assert status == 0, said
    assert f"backend: not verified at {front.url}, which shows a maintenance page" in said
    assert f"backend: version: passed: runs {world.checkout.releases[0][:12]}" in said
    assert world.service.tag == world.checkout.releases[0][:12]
    assert find_pages({"backend": front.url}) == {"backend"}


def test_a_manual_release_that_fails_behind_the_page_is_rolled_back(world, staging, front, slipway):
    _, good, bad, _ = world.checkout.releases
    world.service.broken.add(bad[:12])
    status, said = run(slipway, front, "deploy", "--release", bad)
    assert (status, "backend: GET /works: FAILED" in said) == (6, True), said
    assert world.service.tag == good[:12]


def test_an_automatic_deploy_is_refused_during_maintenance(world, staging, front, slipway):
    """The message names the command that ends the maintenance."""
    world.checkout.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    status, said = run(slipway, front, "deploy", "--release", world.checkout.releases[3], "--automatic")
    assert (status, "slipway maintenance off --stack staging --service backend" in said) == (3, True), said
    assert "up" not in world.commands()


def test_a_page_during_verification_does_not_roll_the_release_back(world, staging, front, slipway):
    front.answers = 5  # more than are asked before the update
    status, said = run(slipway, front, "deploy", "--release", world.checkout.releases[3])
    assert status == 0, said
    assert "backend shows a maintenance page since the checks began: they begin again" in said


def test_a_release_behind_a_page_is_refused_without_kubectl(world, staging, front, slipway, monkeypatch):
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "kubectl" else which(name))
    status, said = run(slipway, front, "deploy", "--release", world.checkout.releases[3])
    assert (status, "kubectl is not on PATH" in said) == (5, True), said
    assert "up" not in world.commands()


def test_a_pod_that_cannot_be_reached_is_no_verified_release(world, staging, front, slipway, kubectl):
    kubectl.write_text("")
    status, said = run(slipway, front, "deploy", "--release", world.checkout.releases[3])
    assert status == 1, said
    assert "no port leads to pod backend-3: error: pods not found" in said


def test_a_pod_is_asked_as_a_gateway_asks_it(world, staging, front, slipway):
    run(slipway, front, "rollback", "--to", "previous")
    [asked] = {(headers["host"], headers["x-forwarded-proto"]) for headers in world.service.asked}
    assert asked == (front.url.removeprefix("http://"), "http")


def test_a_service_that_fails_or_does_not_answer_shows_no_page(front):
    front.headers = {}
    assert find_pages({"backend": front.url, "web": "http://127.0.0.1:9"}) == set()
