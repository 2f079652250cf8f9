"""What is asked of the engine beside a resource's inputs, for every stack."""

from __future__ import annotations

import json

import pulumi
import pytest
from google.protobuf.json_format import MessageToDict
from infra_stacks import STACKS, settings_of

from delivery.stack.plan import PROTECTED
from infra.data_kinds import DATA_KINDS
from infra.protection import protect_data
from infra.stack_state import REGISTRY

from .recorder import PASSWORD, TOKEN, run

SECRET = "4dabf18193072939515e22adb298388d"  # Pulumi's own mark
KEPT = {"Image"}


def options(repository, stack, **config):
    """Options by kind; of a kind there is one in each stack, but for releases and images."""
    registered = repository.deploy(stack, **config).options
    return {(type_.rpartition(":")[2], name): each for (type_, name), each in registered.items() if each.custom}


@pytest.mark.parametrize("stack", STACKS)
def test_resources_with_data_are_protected_where_the_stack_file_says(repository, stack):
    registered = repository.deploy(stack).options
    made = {(type_, name) for (type_, name), each in registered.items() if each.custom}
    protected = {key for key in made if registered[key].protect}
    assert protected == ({key for key in made if key[0] in DATA_KINDS} if stack != "local" else set())


@pytest.mark.parametrize("kind", DATA_KINDS)
def test_every_kind_with_data_is_protected_wherever_it_is_declared(kind):
    def program():
        protect_data()
        pulumi.CustomResource(kind, "x", {})

    assert run(program).options[kind, "x"].protect


def test_nothing_that_another_stack_made_is_protected_here(repository):
    """Else this stack could not be destroyed."""
    shared = {**settings_of("prod")["registry"], "owned": False}
    recorder = repository.deploy("prod", registry=shared)
    assert (REGISTRY, "registry") not in recorder.options  # it is read, and not registered


def test_a_preview_warns_of_every_kind_that_holds_data():
    assert set(DATA_KINDS) <= set(PROTECTED)


@pytest.mark.parametrize("stack", STACKS)
def test_resources_in_use_elsewhere_are_retained_on_delete(repository, stack):
    """An older release or another stack uses them."""
    found = options(repository, stack)
    assert {kind for (kind, _), each in found.items() if each.retainOnDelete} == KEPT & {kind for kind, _ in found}


@pytest.mark.parametrize("stack", STACKS)
def test_a_release_has_time_for_the_rollout_and_for_the_return(repository, stack):
    for (kind, _), each in options(repository, stack).items():
        if kind == "Release":
            seconds = dict(each.object)["timeout"]
            assert float(each.customTimeouts.update.removesuffix("s")) > 2 * seconds


def test_the_network_waits_for_the_cluster_to_be_gone(repository):
    assert options(repository, "prod")["Vpc", "network"].customTimeouts.delete == "15m"


def test_a_database_has_the_time_that_digitalocean_takes(repository):
    assert options(repository, "prod")["DatabaseCluster", "postgresql"].customTimeouts.create == "30m"


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_secret_reaches_the_engine_as_a_secret(repository, stack):
    """So that it is encrypted in the state and hidden on the screen."""
    found = options(repository, stack)
    secret = [("kubernetes", "cluster", "kubeconfig")]
    secret += [(kind, name, "stringData") for kind, name in found if kind == "Secret"]
    for kind, name, key in secret:
        assert SECRET in MessageToDict(found[kind, name].object)[key], (kind, name)


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_secret_reaches_the_engine_in_clear(repository, stack):
    for each in repository.deploy(stack).resources:
        for secret in (TOKEN, PASSWORD):
            assert secret not in json.dumps(each.clear), each.name
