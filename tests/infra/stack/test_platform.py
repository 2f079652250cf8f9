"""Each stack declares its own registry or reads another stack's, and declares the registry alone before the first promotion."""

from __future__ import annotations

import pytest
from infra_stacks import settings_of

from infra.config.settings import SettingsError
from infra.stack_state import CLUSTER, REGISTRY, VPC

from ..recorder import Recorder
from ..repository import NO_REGISTRY


def test_each_stack_owns_a_registry_of_its_own(repository):
    owned = {
        stack: repository.deploy(stack).one("containerRegistry:ContainerRegistry") for stack in ("staging", "prod")
    }
    assert len({registry.inputs["name"] for registry in owned.values()}) == len(owned)


def test_a_stack_that_shares_an_account_reads_the_others_registry(repository):
    shared = {**settings_of("staging")["registry"], "owned": False}
    assert repository.deploy("prod", registry=shared).one("containerRegistry:ContainerRegistry").inputs == {}


def test_without_images_the_registry_is_all_that_is_declared(repository, registry_requests):
    recorder = repository.deploy("prod", cloud=Recorder(state=NO_REGISTRY), preview=False, images="none")
    assert [each.type for each in recorder.resources if each.custom] == [REGISTRY]
    assert recorder.one("containerRegistry:ContainerRegistry").inputs["name"] == "slipway-example-prod"
    assert (recorder.outputs, registry_requests) == ({}, [])
    [options] = [each for (type_, _), each in recorder.options.items() if type_ == REGISTRY]
    assert options.protect


@pytest.mark.parametrize("type_", [VPC, CLUSTER])
def test_without_images_no_resource_that_exists_is_removed(repository, type_):
    with pytest.raises(SettingsError, match="slipway:images is 'none'.*; write `registry`"):
        repository.deploy("prod", cloud=Recorder(state={"urn:x": {"type": type_, "outputs": {}}}), images="none")


def test_without_images_the_registry_must_be_the_stacks_own(repository):
    registry = {**settings_of("prod")["registry"], "owned": False}
    with pytest.raises(SettingsError, match="slipway:images is 'none'"):
        repository.deploy("prod", registry=registry, images="none")
