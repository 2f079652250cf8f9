from __future__ import annotations

import pytest

from infra.stack_state import CLUSTER, IMAGE, REGISTRY, StackState, StateResource

from .recorder import Recorder, run

TAG = "registry.example/team/backend:3f2a91c4d5e6"


def resource(type_, **outputs):
    return {"type": type_, "outputs": outputs}


def state(*resources):
    return StackState.of({f"urn:pulumi:x::slipway::t::name{at}": each for at, each in enumerate(resources)})


def test_images_are_the_tags_that_image_resources_built():
    other = resource("docker:index/remoteImage:RemoteImage", imageName="other:1")
    assert state(resource(IMAGE, imageName=TAG), other).images == {TAG}


def test_image_whose_creation_failed_is_not_held():
    assert state(resource(IMAGE)).images == frozenset()


def test_registry_is_found_by_its_type():
    assert state(resource(REGISTRY, name="acme")).has_registry("acme")
    assert not state(resource(REGISTRY, name="acme")).has_registry("acme-prod")
    assert not state(resource(f"{REGISTRY}DockerCredentials", name="acme")).has_registry("acme")


def test_the_clusters_version_is_known_once_there_is_one():
    assert state().cluster_version is None
    assert state(resource(CLUSTER)).cluster_version is None
    assert state(resource(CLUSTER, version="1.34.4-do.0")).cluster_version == "1.34.4-do.0"


def test_a_resource_is_found_by_its_type_and_its_name():
    held = state(resource(IMAGE, imageName="a"), resource(IMAGE, imageName="b"))
    assert held.first(IMAGE, "name1") == StateResource(IMAGE, "name1", {"imageName": "b"})
    assert held.first(IMAGE, "name2") is None


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, StackState()),
        ({"urn:p::x::t::image": resource(IMAGE, imageName=TAG)}, StackState((StateResource(IMAGE, "image", {"imageName": TAG}),))),
    ],
)  # fmt: skip
def test_state_of_the_running_stack_is_read_from_the_engine(found, expected):
    read = []
    run(lambda: read.append(StackState.read()), recorder=Recorder(state=found))
    assert read == [expected]
