"""A rollback cancels the deploys that wait for an approval before it in the queue."""

from __future__ import annotations

import pytest

from delivery.github import waiting_deploys

CANCEL = ("ci", "cancel-waiting", "--stack", "prod", "--until-started", "rollback")


@pytest.fixture
def rollback(github, monkeypatch):
    """A rollback whose job is in the queue, behind a deploy to prod that waits for an approval."""
    monkeypatch.setenv("GITHUB_RUN_ID", "90")
    monkeypatch.setattr(waiting_deploys, "PAUSE_SECONDS", 0.01)
    github.add_run(90, path=".github/workflows/rollback.yml", status="in_progress")
    github.add_job(90, "rollback", None)
    github.jobs[90][0]["status"] = "pending"
    return github.add_run(80, path=".github/workflows/deploy.yml", status="waiting", waits_for=["production"])


def test_waiting_deploys_are_cancelled_until_the_rollback_starts(rollback, github, slipway, monkeypatch):
    later = github.add_run(81, path=".github/workflows/deploy.yml", status="in_progress", waits_for=["production"])

    def pause(_):  # the second deploy begins to wait while the rollback is in the queue; then its turn comes
        if later["status"] == "in_progress":
            later["status"] = "waiting"
        else:
            github.jobs[90][0]["status"] = "in_progress"

    monkeypatch.setattr(waiting_deploys.time, "sleep", pause)
    status, said = slipway(*CANCEL)
    assert status == 0, said
    assert [run["conclusion"] for run in (rollback, later)] == ["cancelled", "cancelled"]
    assert said.count("cancelled, as it waited for an approval: https://github.com/acme/todo/actions/runs/8") >= 2


def test_a_deploy_to_another_stack_still_waits(rollback, github, slipway):
    rollback["waits_for"] = ["preview-prod"]
    github.jobs[90][0]["status"] = "waiting"
    status, said = slipway(*CANCEL)
    assert (status, rollback["status"]) == (0, "waiting")
    assert "no deploy to prod waits for an approval" in said


def test_a_cleanup_that_waits_in_the_same_queue_is_cancelled_too(rollback, github, slipway):
    rollback.update(path=".github/workflows/cleanup.yml", waits_for=["cleanup-prod"])
    github.jobs[90][0]["status"] = "waiting"
    assert slipway(*CANCEL)[0] == 0
    assert rollback["conclusion"] == "cancelled"


def test_a_run_that_ended_meanwhile_does_not_stop_the_others(rollback, github, slipway):
    github.refused[("POST", "/80/cancel")] = (409, "Cannot cancel a workflow run that is completed.")
    other = github.add_run(82, path=".github/workflows/deploy.yml", status="waiting", waits_for=["production"])
    github.jobs[90][0]["status"] = "waiting"
    status, said = slipway(*CANCEL)
    assert (status, other["conclusion"]) == (0, "cancelled"), said


def test_an_update_at_work_is_never_cancelled(rollback, github, slipway, monkeypatch):
    rollback["status"] = "in_progress"
    monkeypatch.setattr(waiting_deploys, "LONGEST_SECONDS", 0.0)
    status, said = slipway(*CANCEL)
    assert (status, rollback["status"]) == (0, "in_progress")
    assert "rollback waits for an update of prod that is at work" in said
