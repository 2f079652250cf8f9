"""A report quotes the log of a failed job, without the escape codes of a terminal."""

from __future__ import annotations

from tests.delivery.github.failed_run import report


def test_a_job_without_a_log_is_reported(failed_run, github, slipway):
    github.add_run(78)
    github.add_job(78, "tests (3.13)", "timed_out")
    assert slipway("ci", "report", "--run", "78")[0] == 0
    assert "(no log)" in github.issues[0]["body"]


def test_an_issue_has_no_escape_codes_of_a_terminal(github, slipway):
    github.add_run()
    github.add_job(77, "tests", "failure", "2026-11-20T06:59:00Z \x1b[31mE   assert 1 == 2\x1b[0m\r\n")
    report(slipway, 77)
    assert "\nE   assert 1 == 2\n" in github.issues[0]["body"]
