from __future__ import annotations

import datetime as dt
from pathlib import Path

import pulumi
import pytest

from infra.components.image import Image, ImageArgs
from infra.components.registry import NO_LOGIN
from infra.source.registry_login import Login
from infra.source.release import ServiceRelease

from ..conftest import DIGEST, PUSH_PASSWORD, Recorder, run

CREDENTIALS = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"
IMAGE = "docker:index/image:Image"
SECONDS_A_DAY = 86_400


def images(recorder):
    return [each for each in recorder.of(IMAGE) if each.custom]


def test_the_first_run_pushes_with_a_login_of_its_own(repository):
    recorder = repository.deploy("staging")
    for image in images(recorder):
        assert image.inputs["registry"] == {
            "server": "registry.digitalocean.com",
            "username": "pusher",
            "password": PUSH_PASSWORD,
        }
        assert image.clear["registry"] != image.inputs["registry"]
        assert PUSH_PASSWORD not in str(image.clear)


def test_images_and_the_login_wait_for_the_registry(repository):
    options = repository.deploy("staging").options
    (login,) = (each for (type_, _), each in options.items() if type_ == CREDENTIALS)
    waiting = [login, *(each for (type_, _), each in options.items() if type_ == IMAGE)]
    assert len(waiting) > 6
    for each in waiting:
        assert any(urn.endswith("containerRegistry:ContainerRegistry::registry") for urn in each.dependencies)


def test_the_login_may_write_ends_and_is_renewed_each_month(repository):
    login = repository.deploy("staging").one("ContainerRegistryDockerCredentials")
    assert login.inputs["write"] is True
    assert 31 * 2 * SECONDS_A_DAY <= login.inputs["expirySeconds"] <= 31 * 3 * SECONDS_A_DAY
    assert login.name == f"registry-push-{dt.datetime.now(dt.UTC):%Y-%m}"


def test_a_run_that_builds_nothing_has_no_login_to_push_with(repository):
    assert repository.deploy("prod").of("ContainerRegistryDockerCredentials") == []
    assert (
        repository.deploy("staging", images="registry", cloud=Recorder()).of("ContainerRegistryDockerCredentials")
        == []
    )


def test_without_a_login_for_that_registry_dockers_own_counts(repository):
    """As for a registry on this machine: the API's credentials are for DigitalOcean's."""
    for image in images(repository.deploy("local")):
        assert image.inputs["registry"] == {"server": "127.0.0.1:5500", "username": "", "password": ""}


@pytest.mark.parametrize("login", [Login("pusher", PUSH_PASSWORD), NO_LOGIN])
def test_what_was_pushed_is_confirmed_with_the_login_that_pushed_it(monkeypatch, login):
    asked = []
    monkeypatch.setattr("infra.source.image_digest.find_digest", lambda *words: asked.append(words) or DIGEST)
    release = ServiceRelease(service="x", context="x", shares=(), sha="3" * 40, tag="333333333333", alias=None)

    def program():
        registry = pulumi.ComponentResource("slipway:registry:Registry", "registry")
        args = ImageArgs(
            repository="r/x",
            release=release,
            context=Path(),
            build_args={},
            server="r",
            login=pulumi.Output.secret(login),
            registry=registry,
        )
        pulumi.export("digest", Image("x-image", args).digest)

    recorder = run(program, preview=False)
    assert asked == [("r/x:333333333333", login if login.username else None)]
    assert recorder.outputs["digest"] == (DIGEST, False)


def test_images_are_looked_up_with_a_login_from_the_api(repository, monkeypatch):
    asked, reader = [], Login("reader", "x")
    monkeypatch.setattr("infra.program.request_login", lambda name, server: reader if (name, server) == ("slipway-example-prod", "registry.digitalocean.com") else None)  # fmt: skip
    monkeypatch.setattr("infra.source.image_digest.find_digest", lambda *words: asked.append(words) or DIGEST)
    repository.deploy("prod")
    assert {login for _, login in asked} == {reader}
