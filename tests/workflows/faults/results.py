"""Faults in what is reported, required and stored: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import results


@caught_by(results.required_checks_wait_for_every_job)
def a_new_job_that_nobody_waits_for(workflows):
    workflows.files["ci"]["jobs"]["more"] = dict(find_job(workflows, "ci", "audit"))


@caught_by(results.required_checks_wait_for_every_job)
def a_check_that_is_skipped_when_tests_fail(workflows):
    del find_job(workflows, "ci", "required-checks")["if"]


@caught_by(results.required_checks_wait_for_every_job)
def a_check_that_lets_tests_be_skipped(workflows):
    find_job(workflows, "ci", "required-checks")["steps"][0]["with"]["allowed-skips"] = "deployment-readiness, tests"


@caught_by(results.required_checks_wait_for_every_job)
def a_rehearsal_that_is_not_required(workflows):
    find_job(workflows, "rehearse", "rehearsal-checks")["needs"].remove("cloud")


@caught_by(results.every_failure_is_reported)
def a_deploy_that_fails_in_silence(workflows):
    find_job(workflows, "deploy", "notify")["if"] = "needs.production.result == 'success'"


@caught_by(results.every_failure_is_reported)
def a_scan_that_fails_in_silence(workflows):
    workflows.files["report"]["on"]["workflow_run"]["workflows"].remove("scan")


@caught_by(results.every_failure_is_reported)
def a_run_out_of_time_in_silence(workflows):
    find_job(workflows, "report", "notify")["if"] = (
        "github.event.workflow_run.conclusion == 'failure' && github.event.workflow_run.conclusion != 'skipped'"
    )


@caught_by(results.coverage_is_stored_for_a_week)
def coverage_that_is_gone_tomorrow(workflows):
    find_step(workflows, "ci", "integration", "upload-artifact@")["with"]["retention-days"] = 1
