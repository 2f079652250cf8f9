from __future__ import annotations

from pathlib import Path

import pulumi
import pytest
from infra_stacks import settings_of

from infra.components.image import Image, ImageArgs
from infra.components.registry import NO_LOGIN, Registry, RegistryArgs
from infra.config import schema
from infra.source.registry_login import Login
from infra.source.release import ServiceRelease

from ..recorder import DIGEST, run

IMAGE = "docker:index/image:Image"
PUSH_PASSWORD = "push-password"


def images(recorder):
    return [each for each in recorder.of(IMAGE) if each.custom]


@pytest.fixture
def pushes(monkeypatch):
    """An account that gives out logins to push with; the list of registries and servers that were asked for."""
    asked = []

    async def request(registry, server):
        asked.append((registry, server))
        return Login("pusher", PUSH_PASSWORD)

    monkeypatch.setattr("infra.components.registry.request_push_login", request)
    return asked


def deploy(monkeypatch, **registry):
    """The components alone: a run of the whole program would ask a cluster."""
    release = ServiceRelease(service="x", context="x", shares=(), sha="3" * 40, tag="333333333333", alias=None)
    settings = {**settings_of("staging")["registry"], **registry}

    def program():
        made = Registry("registry", RegistryArgs(settings=schema.Registry.model_validate(settings), pushes=True))
        args = ImageArgs(
            repository="r/x",
            release=release,
            context=Path(),
            build_args={},
            server=made.server,
            login=made.push_login,
            registry=made.resource,
        )
        Image("x-image", args)

    return run(program, preview=False)


def test_a_run_pushes_with_a_login_of_its_own(pushes, monkeypatch):
    (image,) = images(deploy(monkeypatch))
    assert pushes == [("slipway-example", "registry.digitalocean.com")]
    assert image.inputs["registry"] == {
        "server": "registry.digitalocean.com",
        "username": "pusher",
        "password": PUSH_PASSWORD,
    }
    assert image.clear["registry"] != image.inputs["registry"]
    assert PUSH_PASSWORD not in str(image.clear)


def test_a_preview_asks_for_no_login(repository, pushes):
    for image in images(repository.deploy("staging")):
        assert image.inputs["registry"] == {"server": "registry.digitalocean.com", "username": "", "password": ""}
    assert pushes == []


def test_images_wait_for_the_registry(repository):
    options = repository.deploy("staging").options
    waiting = [each for (type_, _), each in options.items() if type_ == IMAGE]
    assert len(waiting) > 5
    for each in waiting:
        assert any(urn.endswith("containerRegistry:ContainerRegistry::registry") for urn in each.dependencies)


def test_no_login_is_a_resource_that_would_outlive_the_run(repository):
    for stack in ("staging", "prod"):
        assert repository.deploy(stack).of("ContainerRegistryDockerCredentials") == []


def test_without_a_login_for_that_registry_dockers_own_counts(monkeypatch):
    """As for a registry on this machine: the API's credentials are for DigitalOcean's."""
    (image,) = images(deploy(monkeypatch, host="127.0.0.1:5500/acme"))
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
    monkeypatch.setattr("infra.stack.images.request_login", lambda name, server: reader if (name, server) == ("slipway-example-prod", "registry.digitalocean.com") else None)  # fmt: skip
    monkeypatch.setattr("infra.source.image_digest.find_digest", lambda *words: asked.append(words) or DIGEST)
    repository.deploy("prod")
    assert {login for _, login in asked} == {reader}
