"""The stack of an environment, after runs that were killed; the CLI is the fake one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery.outcome import RefusedError
from delivery.preview_environment.runs import TITLE, WORKFLOW
from delivery.preview_environment.stack import EnvironmentStack
from tests.delivery.conftest import LOCKED
from tests.workflows.workflows import ROOT, read_workflows

PERSON = LOCKED.replace("runner@fv-az1234-567", "ada@laptop")
PENDING = {
    "type": "creating",
    "resource": {"urn": "urn:pulumi:pr-7::slipway::random:index:X::x", "type": "random:index:X", "custom": True},
}


@pytest.fixture
def stack(world, github):
    return EnvironmentStack(7, "a kubeconfig", world.checkout.folder)


@pytest.fixture
def update(world, stack):
    sha = world.checkout.releases[0]
    config = {"slipway:release": sha, "slipway:images": "registry", "slipway:cluster": {"version": "1.34"}}
    return lambda: stack.update(config, "deploy")


def add_run(github, number, title, **fields):
    path = f".github/workflows/{WORKFLOW}"
    github.add_run(**{"number": number, "path": path, "status": "in_progress", "display_title": title, **fields})


def test_an_update_or_a_removal_removes_the_lock_of_a_killed_run(world, stack, update):
    world.change(lock=LOCKED)
    update()
    assert world["lock"] == ""
    world.change(lock=LOCKED)
    stack.destroy()
    assert "pr-7" not in world["stacks"]


@pytest.mark.parametrize("title", ["preview environment of #7", "sweep of preview environments"])
def test_the_lock_of_a_run_at_work_stays(world, github, update, title):
    world.change(lock=LOCKED)
    add_run(github, 5, title)
    with pytest.raises(RefusedError, match="its run may be at work still"):
        update()
    assert world["lock"] == LOCKED


@pytest.mark.parametrize(
    "run",
    [
        {"number": 5, "title": "preview environment of #8"},  # of another pull request
        {"number": 99, "title": "preview environment of #7"},  # this one
        {"number": 5, "title": "a change", "path": ".github/workflows/deploy.yml"},
    ],
)
def test_runs_that_cannot_hold_it_do_not_keep_it(world, github, update, monkeypatch, run):
    monkeypatch.setenv("GITHUB_RUN_ID", "99")
    world.change(lock=LOCKED)
    add_run(github, **run)
    update()
    assert world["lock"] == ""


def test_a_person_is_asked_and_so_is_who_runs_it_without_a_token(world, stack, update, monkeypatch):
    world.change(lock=PERSON)
    with pytest.raises(RefusedError, match="ada is a person"):
        update()
    world.change(lock=LOCKED)
    monkeypatch.delenv("GITHUB_TOKEN")
    with pytest.raises(RefusedError, match="is not known"):
        stack.destroy()


def test_what_a_killed_update_left_pending_is_cleared(world, update):
    world.change(pending=[PENDING])
    update()
    assert (world["pending"], world.commands()[-2:]) == ([], ["refresh", "up"])
    [refresh] = [words for words in world["calls"] if words[0] == "refresh"]
    assert "--clear-pending-creates" in refresh
    update()
    assert world.commands().count("refresh") == 1


def test_kubeconfig_has_one_path_for_each_run_and_is_then_deleted(world, stack, update):
    path = "./.slipway/pr-7.kubeconfig"
    update()
    assert world["kubeconfig"] == [path, "a kubeconfig", "0o600"]
    world.checkout.folder.joinpath(path).write_text("of a command that was killed")
    replace(stack, kubeconfig="another one").destroy()
    assert world["kubeconfig"] == [path, "another one", "0o600"]
    assert not list(world.checkout.folder.joinpath(".slipway").iterdir())


def test_a_stack_that_cannot_be_destroyed_can_be_forgotten(world, stack, update):
    update()
    stack.forget()
    assert "pr-7" not in world["stacks"]
    stack.forget()


def test_the_title_by_which_runs_are_found_is_the_workflows():
    content = read_workflows(ROOT / ".github").files[WORKFLOW.removesuffix(".yml")]
    assert "format('preview environment of #{0}', github.event.pull_request.number)" in content["run-name"]
    assert TITLE.fullmatch("preview environment of #7")
