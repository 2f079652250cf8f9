"""Releases of a service that only other services reach: one of its pods is asked what its `verify` says."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import yaml

from delivery.commands import target
from tests.delivery.verification.test_maintenance import kubectl
from tests.fake_cluster import FakeCluster, opened

__all__ = ["kubectl"]


@pytest.fixture
def staging(world, kubectl, monkeypatch):
    """Staging runs the second release; of each, the web app has the URL, and the backend has a pod alone."""
    fake, releases = FakeCluster(), {}
    for number, sha in enumerate(world.checkout.releases):
        outputs = world["releases"][sha]
        backend = outputs["services"]["backend"]
        services = {"backend": {**backend, "url": None}, "web": backend}
        releases[sha] = {**outputs, "services": services}
        fake.add_pod(f"backend-{number}", digest=backend["digest"])
    world.change(releases=releases)
    world.run("staging", 1, 2)
    with opened(fake) as cluster:
        monkeypatch.setattr(target, "request_cluster", lambda *_, **__: replace(cluster))
        yield fake


def deploy(slipway, release):
    return slipway("stack", "deploy", "--stack", "staging", "--release", release, "--timeout", 3)


def test_a_pod_of_the_release_is_asked(world, staging, slipway):
    release = world.checkout.releases[3]
    status, said = deploy(slipway, release)
    assert status == 0, said
    assert "backend: has no URL; a pod is asked instead" in said
    assert f"backend: version: passed: runs {release[:12]}" in said
    assert "backend: GET /works: passed" in said


def test_a_release_that_fails_at_its_pod_is_rolled_back(world, staging, slipway):
    _, good, bad, _ = world.checkout.releases
    world.service.broken.add(bad[:12])
    status, said = deploy(slipway, bad)
    assert (status, "backend: GET /works: FAILED" in said) == (6, True), said
    assert world.service.tag == good[:12]


def test_a_release_that_removes_the_url_requires_kubectl_first(world, slipway, monkeypatch):
    world.run("staging", 1)
    file = world.checkout.folder / "Pulumi.staging.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"]["slipway:services"]["backend"]["url"] = None
    file.write_text(yaml.safe_dump(content))
    release = world.checkout.commit("take the host away")
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "kubectl" else which(name))
    status, said = deploy(slipway, release)
    assert (status, "kubectl is not on PATH" in said) == (5, True), said
    assert "up" not in world.commands()
