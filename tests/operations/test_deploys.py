"""What keeps deploys from a stack, by what Pulumi's file backend, the Pulumi CLI and GitHub say."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from localcloud.instance import Instance
from operations.deploys import read_deploy_state
from tests.delivery.conftest import (  # noqa: F401 - fixtures
    checkout,
    checkout_of,
    github,
    registry,
    service,
    world,
)


@pytest.fixture
def backend(tmp_path, monkeypatch):
    """The folder of the local stack's state, as Pulumi 3.259 fills it."""
    monkeypatch.setattr(
        Instance, "from_environment", classmethod(lambda _: Instance(number=7, cache=tmp_path / "slipway"))
    )
    for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def write(name, content):
        file = Instance.from_environment().home / "pulumi/.pulumi" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))

    return write


FREEZE = '{"reason":"Black Friday","by":"ada","at":"2026-11-26T10:00:00Z"}'
LOCK = {"pid": 42, "username": "ada", "hostname": "laptop", "timestamp": "2026-11-26T10:00:00.5Z"}
TAGS_FILE, LOCK_FILE = "stacks/slipway/local.pulumi-tags", "locks/organization/slipway/local/1.json"


def test_a_stack_without_marks_has_nothing_to_say(backend):
    state = read_deploy_state("local")
    assert state.describe("local") == []
    assert state.facts() == {
        "hold": None,
        "freeze": None,
        "update": None,
        "approvals": None,
        "canary": {},
        "problems": [],
    }


def test_a_freeze_of_the_local_stack_is_read_from_its_tags(backend):
    backend(TAGS_FILE, {"version": 1, "tags": {"slipway:freeze": FREEZE}})
    [sentence] = read_deploy_state("local").describe("local")
    assert sentence.startswith("local is frozen since 2026-11-26 10:00 UTC by ada: Black Friday.")


def test_an_update_at_work_is_known_by_its_lock(backend):
    backend(LOCK_FILE, LOCK)
    [sentence] = read_deploy_state("local").describe("local")
    assert sentence == "an update is in progress, by ada@laptop (process 42), since 2026-11-26 10:00:00 UTC"


def test_a_lock_that_is_being_written_does_not_count_yet(backend):
    backend(LOCK_FILE, '{"pid": 4')
    assert read_deploy_state("local").describe("local") == []


def test_tags_that_cannot_be_read_are_said(backend):
    backend(TAGS_FILE, "{")
    [problem] = read_deploy_state("local").problems
    assert problem.startswith("what keeps deploys of local cannot be read: ")


def test_a_freeze_and_an_approval_of_prod_are_asked_for(world, github):  # noqa: F811
    world.run("prod", 1)
    world.stack("prod").set_tag("slipway:freeze", FREEZE)
    path = ".github/workflows/deploy.yml"
    github.add_run(80, path=path, status="waiting", waits_for=["production"], display_title="deploy v1.4.0")
    github.add_run(81, path=path, status="waiting", waits_for=["staging"])
    state = read_deploy_state("prod", world.checkout.folder)
    frozen, waits = state.describe("prod")
    assert "Black Friday" in frozen
    assert waits == "waits for an approval: deploy v1.4.0 https://github.com/acme/todo/actions/runs/80"


def test_an_update_in_pulumi_cloud_is_found_without_taking_a_lock(world):  # noqa: F811
    world.run("prod", 1)
    world.change(listed={"updateInProgress": True})
    state = read_deploy_state("prod", world.checkout.folder)
    assert (state.update, state.approvals) == ("an update is in progress", None)
    assert "stack rename" not in world.commands()


def test_github_that_refuses_does_not_hide_a_freeze(world, github):  # noqa: F811
    world.run("prod", 1)
    world.stack("prod").set_tag("slipway:freeze", FREEZE)
    github.refused[("GET", "/actions/workflows/deploy.yml/runs")] = (403, "Resource not accessible")
    state = read_deploy_state("prod", world.checkout.folder)
    assert state.restrictions.freeze
    assert "the approvals of prod cannot be read: " in state.problems[0]


def test_status_does_not_import_pulumi():
    program = "import sys, operations.commands, operations.deploys; print({'pulumi', 'githubkit'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_an_environment_of_this_machine_has_locks_of_its_own(backend):
    backend("../../Pulumi.pr-7.yaml", "config: {}")
    backend("locks/organization/slipway/pr-7/1.json", LOCK)
    assert read_deploy_state("pr-7").update.startswith("an update is in progress, by ada@laptop")
    assert read_deploy_state("local").update is None


def test_a_preview_environment_in_a_cluster_blocks_no_deploy(backend, world):  # noqa: F811
    assert read_deploy_state("pr-7", world.checkout.folder).describe("pr-7") == []
    assert not world.commands()
