"""Faults in what is scanned, signed and attested: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import signatures


@caught_by(signatures.only_what_was_scanned_is_signed)
def a_signature_without_a_scan(workflows):
    find_job(workflows, "deploy", "sign")["needs"].remove("scan")


@caught_by(signatures.only_what_was_scanned_is_signed)
def a_signature_in_spite_of_the_scan(workflows):
    find_job(workflows, "deploy", "sign")["if"] = "always()"


@caught_by(signatures.only_what_was_scanned_is_signed)
def a_scan_of_another_build(workflows):
    find_job(workflows, "deploy", "staging")["steps"].remove(
        find_step(workflows, "deploy", "staging", "images export")
    )


@caught_by(signatures.evidence_comes_from_jobs_that_attest)
def evidence_that_nobody_attested(workflows):
    find_step(workflows, "deploy", "staging", "upload-artifact@")["with"]["name"] = "staging-release"


@caught_by(signatures.a_rollback_verifies_signatures)
def a_rollback_to_what_nobody_signed(workflows):
    found = find_step(workflows, "rollback", "rollback", "stack rollback")
    found["run"] = found["run"].replace("--signed", "")


@caught_by(signatures.approvals_and_attestations_are_switched_off_in_code)
def an_approval_that_a_variable_switches_off(workflows):
    find_step(workflows, "deploy", "production", "check-approval")["if"] = "vars.APPROVALS != 'off'"


@caught_by(signatures.approvals_and_attestations_are_switched_off_in_code)
def attestations_in_one_workflow_alone(workflows):
    workflows.files["rollback"]["env"]["ATTESTATIONS"] = "off"
