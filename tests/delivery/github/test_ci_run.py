"""A run of ci has failed jobs, or is green."""

from __future__ import annotations

import pytest

from tests.delivery.github.failed_run import LOG, report


def test_every_page_of_jobs_is_read(github, slipway):
    github.add_run(77)
    for number in range(130):
        github.add_job(77, f"job {number}", "success" if number < 129 else "failure", LOG)
    slipway("ci", "report", "--run", "77")
    assert [issue["title"] for issue in github.issues] == ["ci: job 129 fails on develop (ada)"]


def test_a_job_out_of_time_is_reported(github, slipway):
    github.add_run()
    github.add_job(77, "integration", "cancelled", "2026-11-20T06:59:00Z ##[error]The operation was canceled.")
    github.add_job(77, "required-checks", "failure")
    report(slipway, 77)
    assert [issue["title"] for issue in github.issues] == ["ci: integration fails on develop (ada)"]


def test_a_timed_out_run_that_github_calls_cancelled_is_reported(github, slipway):
    github.add_run(conclusion="cancelled")
    github.add_job(77, "perf", "cancelled", "2026Z ##[error]The job has exceeded the maximum execution time of 20m0s")
    report(slipway, 77)
    assert len(github.issues) == 1


@pytest.mark.parametrize("conclusion", ["cancelled", "action_required", "neutral", "skipped", "stale", None])
def test_only_a_run_that_succeeded_is_called_green(github, slipway, conclusion):
    github.add_run()
    github.add_job(77, "lint", "failure", LOG)
    report(slipway, 77)
    github.add_run(78, conclusion=conclusion)
    github.add_job(78, "tests", "cancelled", "2026Z ##[error]The operation was canceled.")
    report(slipway, 78)
    assert github.issues[0]["state"] == "open"
    assert len(github.issues) == (2 if conclusion == "stale" else 1)


def test_a_run_that_failed_without_a_job_is_reported(github, slipway):
    github.add_run(conclusion="startup_failure", path=".github/workflows/deploy.yml")
    report(slipway, 77)
    assert github.issues[0]["title"] == "deploy: run fails on develop (ada)"
    assert "the workflow's file is not valid" in github.issues[0]["body"]
