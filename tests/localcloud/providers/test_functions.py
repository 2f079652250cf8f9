"""A function of the provider, called by a program."""

from __future__ import annotations

import pytest

from tests.localcloud.providers.scenarios.inputs import MIDDLE, create_inputs
from tests.localcloud.providers.scenarios.resource_types import VPC

pytestmark = pytest.mark.timeout(600)


def program(prefix):
    call = {
        "$call": "digitalocean:index/getKubernetesVersions:getKubernetesVersions",
        "arguments": {"versionPrefix": prefix},
        "key": "latestVersion",
    }
    return {"asked": {"type": VPC, "inputs": {**create_inputs(VPC, "asked", 1), "description": call}}}


@pytest.fixture(scope="module")
def stack(make_stack):
    made = make_stack("functions")
    yield made
    made.destroy()


def test_answer_goes_into_a_resource(stack):
    stack.up(program("1.34."))
    assert stack.resources()["asked"]["outputs"]["description"] == MIDDLE
