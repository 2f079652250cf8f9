from __future__ import annotations

import pytest

from infra.stack_state import IMAGE, REGISTRY, StackState

from .conftest import Recorder, run

TAG = "registry.example/team/backend:3f2a91c4d5e6"


def resource(type_, **outputs):
    return {"type": type_, "outputs": outputs}


def test_images_are_the_tags_that_image_resources_built():
    held = [
        resource(IMAGE, imageName=TAG),
        resource("docker:index/remoteImage:RemoteImage", imageName="other:1"),
        resource("digitalocean:index/vpc:Vpc", name="network"),
    ]
    assert StackState.of(held) == StackState(images=frozenset({TAG}), has_registry=False)


def test_image_whose_creation_failed_is_not_held():
    assert StackState.of([resource(IMAGE)]).images == frozenset()


def test_registry_is_found_by_its_type():
    assert StackState.of([resource(REGISTRY, name="acme")]).has_registry
    assert not StackState.of([resource(f"{REGISTRY}DockerCredentials", registryName="acme")]).has_registry


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, StackState(images=frozenset(), has_registry=False)),
        (
            {"urn:image": resource(IMAGE, imageName=TAG), "urn:registry": resource(REGISTRY)},
            StackState(images=frozenset({TAG}), has_registry=True),
        ),
    ],
)
def test_state_of_the_running_stack_is_read_from_the_engine(state, expected):
    read = []
    run(lambda: read.append(StackState.read()), recorder=Recorder(state=state))
    assert read == [expected]
