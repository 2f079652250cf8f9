"""Faults in the permissions of a job: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import permissions


@caught_by(permissions.nothing_is_permitted_by_default)
def every_right_by_default(workflows):
    workflows.files["ci"]["permissions"] = "write-all"


@caught_by(permissions.a_job_has_the_rights_that_are_listed_and_no_more)
def a_suite_that_may_write_contents(workflows):
    find_job(workflows, "ci", "tests")["permissions"]["contents"] = "write"


@caught_by(permissions.a_job_has_the_rights_that_are_listed_and_no_more)
def a_scanner_with_an_identity(workflows):
    find_job(workflows, "deploy", "scan")["permissions"]["id-token"] = "write"


@caught_by(permissions.a_job_has_the_rights_that_are_listed_and_no_more)
def a_job_that_does_not_say_its_rights(workflows):
    del find_job(workflows, "ci", "plan")["permissions"]


@caught_by(permissions.a_scanner_holds_neither_secret_nor_identity)
def a_scanner_with_the_registrys_token(workflows):
    find_step(workflows, "deploy", "scan", "actions/scan")["env"] = {"T": "${{ secrets.DIGITALOCEAN_TOKEN }}"}


@caught_by(permissions.a_token_that_may_only_read_asks_for_no_more)
def a_preview_that_may_push(workflows):
    find_step(workflows, "preview-prod", "prod", "setup-deploy")["with"]["read-only"] = "false"
