"""A cluster that is declared with a minor version of Kubernetes (`1.34`), by the engine.

The API makes one of the newest patch, and says so. The official provider compares that with the program: `1.34` is
lower, and a lower version takes a new cluster. So a program that gives a minor ignores changes of the version, but
for a higher one.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.localcloud.providers.engine import Planned
from tests.localcloud.providers.scenarios.inputs import MIDDLE, NEW, create_inputs
from tests.localcloud.providers.scenarios.resource_types import CLUSTER

pytestmark = pytest.mark.timeout(600)
SAME = Planned()
IGNORED = {"ignore_changes": ["version"]}


def program(version, *, ignored=False, **more):
    inputs = {**create_inputs(CLUSTER, "minor", 0), "version": version, **more}
    return {"minor": {"type": CLUSTER, "inputs": inputs, "options": IGNORED if ignored else {}}}


@dataclass
class Story:
    again: Planned
    ignored: Planned
    tagged: dict
    lower: Planned
    raised: Planned
    upgraded: dict
    settled: Planned
    upgrades: list


@pytest.fixture(scope="module")
def story(make_stack, api):
    stack = make_stack("versions")

    def plan(*arguments, **more):
        return stack.preview(program(*arguments, **more), "--refresh").get("minor", SAME)

    stack.up(program("1.34"))
    again, ignored, lower = plan("1.34"), plan("1.34", ignored=True), plan("1.33")
    stack.up(program("1.34", ignored=True, tags=["x"]))
    tagged, raised = stack.resources()["minor"], plan("1.35")
    stack.up(program("1.35", tags=["x"]))
    upgraded, settled = stack.resources()["minor"], plan("1.35", ignored=True, tags=["x"])
    requests = api.do("GET", "/_emulator/requests")["requests"]
    stack.destroy()
    upgrades = [one["path"] for one in requests if one["method"] == "POST" and one["path"].endswith("/upgrade")]
    return Story(again, ignored, tagged, lower, raised, upgraded, settled, upgrades)


def test_a_new_minor_replaces_the_cluster_like_the_official_provider(story):
    assert (story.again.op, story.again.changed) == ("replace", {"version": "update-replace"})


def test_ignored_minor_changes_nothing(story):
    assert story.ignored.op == "same", story.ignored.changed


def test_update_of_something_else_does_not_upgrade(story):
    assert story.tagged["outputs"]["tags"] == ["x"]
    assert story.tagged["outputs"]["version"] == MIDDLE
    assert len(story.upgrades) == 1


def test_lower_minor_replaces_the_cluster(story):
    assert story.lower.replacing == ["version"]


def test_higher_minor_upgrades_the_cluster(story):
    assert (story.raised.op, story.raised.changed["version"]) == ("update", "update")
    assert story.upgraded["id"] == story.tagged["id"]
    assert story.upgraded["outputs"]["version"] == NEW


def test_nothing_to_do_after_the_upgrade(story):
    assert story.settled.op == "same", story.settled.changed
