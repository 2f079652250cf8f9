"""Images in the real registry: what promotion does to them, and whether they run as the cluster runs them."""

from __future__ import annotations

import time

import httpx
import pytest
from infra_stacks import services_of

from delivery.images.image_check import check
from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, RefusedError
from infra.config.service import Service


@pytest.fixture
def repository(cloud):
    return ImageRepository(f"{cloud.instance.registry}/slipway/backend")


@pytest.fixture
def running(cloud):
    return httpx.get(f"{cloud.url}/version").json()["sha"]


@pytest.fixture
def version():
    """One that no run before has given: a registry keeps its tags."""
    return f"v0.0.{time.time_ns()}"


def test_a_version_is_one_more_name_of_the_digest_that_runs(cloud, repository, running, version):
    manifest = repository.manifest(running)
    assert cloud.images("backend") == {f"{repository.name}@{manifest.digest}"}
    repository.tag(manifest, version)
    repository.tag(manifest, version)
    assert repository.manifest(version) == repository.manifest(manifest.digest) == manifest


def test_a_version_is_never_taken_from_another_image(repository, running, version):
    manifest = repository.manifest(running)
    other = type(manifest)("sha256:" + "0" * 64, manifest.text + " ")
    repository.tag(manifest, version)
    with pytest.raises(RefusedError, match="choose another version"):
        repository.tag(other, version)


@pytest.mark.parametrize("service", services_of("local").values(), ids=services_of("local"))
def test_every_image_runs_without_root_and_with_nothing_to_write(cloud, service, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", cloud.docker_host)
    (image,) = cloud.images(service["name"])
    cloud.pull(image)
    environment = {"DATABASE_URL": "sqlite:////tmp/service.db", "MIGRATE_ON_START": "true"}
    answer = check(image, service["port"], Service.model_validate(service).ready_path, environment)
    assert answer.startswith("ready after ")


def test_an_image_that_cannot_start_says_why(cloud, repository, running, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", cloud.docker_host)
    cloud.pull(f"{repository.name}:{running}")
    with pytest.raises(DeliveryError, match="(?s)the container is exited.*migrate_on_start"):
        check(f"{repository.name}:{running}", 8000, "/readyz", {"MIGRATE_ON_START": "perhaps"})
