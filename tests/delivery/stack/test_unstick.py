from __future__ import annotations

import pytest

from delivery.stack.lock import parse_locks
from tests.delivery.conftest import LOCKED


def test_other_errors_are_no_locks():
    assert (
        parse_locks("error: no stack named 'x' found\n  s3://x: created by a@b (pid 1) at 2026-11-20T07:00:00Z") == []
    )


@pytest.fixture
def stuck(world):
    world.run("staging", 1)
    world.change(lock=LOCKED)
    return world


def test_a_stack_that_was_never_made_is_free(world, slipway):
    assert slipway("stack", "unstick", "--stack", "staging")[0] == 0


def test_holder_is_named_and_nothing_changes_without_apply(stuck, slipway, github):
    status, said = slipway("stack", "unstick", "--stack", "staging")
    assert status == 1
    assert "runner@fv-az1234-567 (process 4711), since 2026-11-20 07:00:00 UTC: can be removed" in said
    assert "cancel" not in stuck.commands()


def test_the_lock_of_a_finished_run_is_removed(stuck, slipway, github):
    assert slipway("stack", "unstick", "--stack", "staging", "--apply")[0] == 0
    assert stuck["lock"] == ""


@pytest.mark.parametrize("file", ["deploy.yml", "rollback.yml"])
def test_the_lock_of_a_run_at_work_stays(stuck, slipway, github, file):
    run = github.add_run(5, name="deploy", path=f".github/workflows/{file}", status="in_progress")
    status, said = slipway("stack", "unstick", "--stack", "staging", "--apply")
    assert status == 3
    assert f"its run may be at work still: deploy {run['html_url']}" in said
    assert stuck["lock"] == LOCKED


@pytest.mark.parametrize(
    "run",
    [
        {"path": ".github/workflows/ci.yml"},  # changes no stack
        {"path": ".github/workflows/deploy.yml", "run_started_at": "2026-11-20T07:30:00Z"},  # began after the lock
        {"path": ".github/workflows/deploy.yml", "number": 99},  # this one
    ],
)
def test_runs_that_cannot_hold_it_do_not_keep_it(stuck, slipway, github, monkeypatch, run):
    monkeypatch.setenv("GITHUB_RUN_ID", "99")
    github.add_run(**{"number": 5, **run}, status="in_progress")
    assert slipway("stack", "unstick", "--stack", "staging", "--apply")[0] == 0


def test_a_persons_lock_is_never_touched(stuck, slipway, github):
    stuck.change(lock=LOCKED.replace("runner@fv", "ada@laptop"))
    status, said = slipway("stack", "unstick", "--stack", "staging", "--apply")
    assert (status, "ada is a person, and is asked, not overruled" in said) == (3, True)
    assert "Run this again when that has ended; what to do: docs/runbook.md, 'Two `up` at once'" in said
    assert "cancel" not in stuck.commands()


def test_one_lock_that_stays_keeps_the_others(stuck, slipway, github):
    line = LOCKED.splitlines()[1]
    stuck.change(lock=LOCKED.replace(line, f"{line}\n{line.replace('runner@', 'ada@')}"))
    assert slipway("stack", "unstick", "--stack", "staging", "--apply")[0] == 3
    assert "cancel" not in stuck.commands()


def test_without_github_to_ask_nothing_is_removed(stuck, slipway):
    status, said = slipway("stack", "unstick", "--stack", "staging", "--apply")
    assert (status, "give --repo and a token" in said) == (3, True)


def test_an_error_that_is_no_lock_is_passed_on(stuck, slipway):
    stuck.change(lock="error: failed to load checkpoint")
    status, said = slipway("stack", "unstick", "--stack", "staging")
    assert (status, "cannot determine whether staging is locked: error: failed to load checkpoint" in said) == (
        1,
        True,
    )
