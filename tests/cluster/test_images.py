"""Images in the real registry: what promotion does to them, and whether they run as the cluster runs them."""

from __future__ import annotations

import httpx
import pytest

from delivery.image_check import check
from delivery.outcome import DeliveryError, Refused
from delivery.registry import Repository


@pytest.fixture
def repository(cloud):
    return Repository(f"{cloud.instance.registry}/slipway/backend")


@pytest.fixture
def running(cloud):
    return httpx.get(f"{cloud.url}/version").json()["sha"]


def test_a_version_is_one_more_name_of_the_digest_that_runs(cloud, repository, running):
    manifest = repository.manifest(running)
    images = {pod["spec"]["containers"][0]["image"] for pod in cloud.pods()}
    assert images == {f"{repository.name}@{manifest.digest}"}
    repository.tag(manifest, "v0.0.1")
    repository.tag(manifest, "v0.0.1")
    assert repository.manifest("v0.0.1") == repository.manifest(manifest.digest) == manifest


def test_a_version_is_never_taken_from_another_image(repository, running):
    manifest = repository.manifest(running)
    other = type(manifest)("sha256:" + "0" * 64, manifest.text + " ")
    repository.tag(manifest, "v0.0.1")
    with pytest.raises(Refused, match="choose another version"):
        repository.tag(other, "v0.0.1")


def test_the_image_runs_without_root_and_with_nothing_to_write(cloud, repository, running, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", cloud.docker_host)
    environment = {"DATABASE_URL": "sqlite:////tmp/todo.db", "MIGRATE_ON_START": "true"}
    assert check(f"{repository.name}:{running}", 8000, "/readyz", environment).startswith("ready after ")


def test_an_image_that_cannot_start_says_why(cloud, repository, running, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", cloud.docker_host)
    with pytest.raises(DeliveryError, match="(?s)the container is exited.*migrate_on_start"):
        check(f"{repository.name}:{running}", 8000, "/readyz", {"MIGRATE_ON_START": "perhaps"})
