"""A newer run of a branch or pull request overrides an older one."""

from __future__ import annotations

from tests.delivery.github.failed_run import LOG, report


def test_the_report_of_an_older_commit_does_not_override_a_newer_one(failed_pull_request, github, slipway):
    github.pulls[0]["head"]["sha"] = "0" * 40
    slipway("ci", "report", "--run", "77")
    assert github.comments == []


def test_an_older_run_does_not_close_an_issue_of_a_newer_one(github, slipway):
    github.add_run(90, head_sha="b" * 40, run_number=9)
    github.add_job(90, "lint", "failure", LOG)
    report(slipway, 90)
    github.add_run(70, head_sha="c" * 40, run_number=7, run_attempt=2, conclusion="success")
    github.add_job(70, "lint", "success")
    assert "is about a newer run" in report(slipway, 70)
    assert github.issues[0]["state"] == "open"


def test_a_rerun_of_an_older_commit_opens_no_issue_on_a_green_branch(github, slipway):
    github.add_run(90, head_sha="b" * 40, run_number=9, conclusion="success")
    github.add_run(70, head_sha="c" * 40, run_number=7, run_attempt=2)
    github.add_job(70, "lint", "failure", LOG)
    report(slipway, 70)
    assert github.issues == []


def test_an_older_run_of_the_branchs_newest_commit_counts(github, slipway):
    """A branch was set back to an earlier commit, whose run is started again."""
    github.add_run(90, head_sha="c" * 40, run_number=9)
    github.add_job(90, "lint", "failure", LOG)
    report(slipway, 90)
    github.add_run(70, head_sha=github.heads["develop"], run_number=7, run_attempt=2, conclusion="success")
    github.add_job(70, "lint", "success")
    report(slipway, 70)
    assert github.issues[0]["state"] == "closed"


def test_a_second_attempt_of_the_same_run_counts(failed_run, github, slipway):
    report(slipway, 77)
    github.runs[0].update(run_attempt=2, conclusion="success")
    github.jobs[77] = []
    report(slipway, 77)
    assert github.issues[0]["state"] == "closed"
