"""Faults in which code a job runs: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import trusted_code

RELEASE = "${{ needs.plan.outputs.release }}"


@caught_by(trusted_code.a_checkout_leaves_no_token)
def a_checkout_that_leaves_its_token(workflows):
    del find_step(workflows, "deploy", "staging", "checkout@")["with"]["persist-credentials"]


@caught_by(trusted_code.workflow_runs_and_rollbacks_check_out_main)
def a_report_by_the_pull_requests_code(workflows):
    find_step(workflows, "report", "report", "checkout@")["with"]["ref"] = "${{ github.event.workflow_run.head_sha }}"


@caught_by(trusted_code.workflow_runs_and_rollbacks_check_out_main)
def a_deploy_of_what_ci_named(workflows):
    find_step(workflows, "deploy", "staging", "checkout@")["with"]["ref"] = (
        "${{ github.event.workflow_run.head_sha }}"
    )


@caught_by(trusted_code.jobs_with_rights_or_secrets_use_no_cache)
def a_deploy_from_a_cache(workflows):
    find_job(workflows, "deploy", "staging")["steps"].insert(2, {"uses": "actions/cache@" + "0" * 40})


@caught_by(trusted_code.jobs_with_rights_or_secrets_use_no_cache)
def a_report_from_a_cache(workflows):
    del find_step(workflows, "report", "report", "actions/setup")["with"]


@caught_by(trusted_code.a_script_gets_text_through_its_environment_only)
def a_title_in_a_script(workflows):
    find_step(workflows, "preview", "staging", "stack preview")["run"] = "echo ${{ github.event.pull_request.title }}"


@caught_by(trusted_code.a_script_gets_text_through_its_environment_only)
def an_input_in_an_actions_script(workflows):
    workflows.actions["notify"]["runs"]["steps"][-1]["run"] = "slipway ci notify --title ${{ inputs.title }}"


@caught_by(trusted_code.workflow_runs_and_rollbacks_check_out_main)
def a_rollback_by_the_releases_own_code(workflows):
    find_step(workflows, "rollback", "rollback", "checkout@")["with"]["ref"] = "${{ inputs.to }}"


@caught_by(trusted_code.workflow_runs_and_rollbacks_check_out_main)
def facts_by_the_releases_own_code(workflows):
    find_step(workflows, "deploy", "production-facts", "checkout@")["with"]["ref"] = RELEASE


@caught_by(trusted_code.workflow_runs_and_rollbacks_check_out_main)
def a_deploy_by_the_releases_own_code(workflows):
    find_step(workflows, "deploy", "staging", "checkout@")["with"]["ref"] = RELEASE


@caught_by(trusted_code.workflow_runs_and_rollbacks_check_out_main)
def a_promotion_by_the_releases_own_code(workflows):
    find_step(workflows, "deploy", "production", "checkout@")["with"]["ref"] = RELEASE


@caught_by(trusted_code.a_refresh_is_for_merged_code)
def a_refresh_in_a_pull_request(workflows):
    find_step(workflows, "preview", "staging", "stack preview")["run"] += " --refresh"


@caught_by(trusted_code.no_code_of_a_pull_request_runs_with_rights)
def a_checkout_of_the_pull_request_beside_secrets(workflows):
    find_step(workflows, "preview-environment", "deploy", "checkout@")["with"]["ref"] = (
        "${{ github.event.pull_request.head.sha }}"
    )


@caught_by(trusted_code.no_code_of_a_pull_request_runs_with_rights)
def files_of_the_pull_request_taken_by_git(workflows):
    find_job(workflows, "preview-environment", "deploy")["steps"].insert(
        2, {"run": 'git checkout "$RELEASE" -- infra'}
    )


@caught_by(trusted_code.no_code_of_a_pull_request_runs_with_rights)
def a_build_of_the_pull_request_with_an_environment(workflows):
    find_job(workflows, "preview-environment", "build")["environment"] = {"name": "preview-environments"}


@caught_by(trusted_code.no_code_of_a_pull_request_runs_with_rights)
def a_build_in_the_job_that_deploys(workflows):
    find_step(workflows, "preview-environment", "deploy", "preview-environment up")["run"] = "docker build backend"


@caught_by(trusted_code.an_artifact_changes_no_code_that_runs_with_rights)
def images_of_a_pull_request_over_the_checkout(workflows):
    del find_step(workflows, "preview-environment", "deploy", "download-artifact@")["with"]["path"]


@caught_by(trusted_code.an_artifact_changes_no_code_that_runs_with_rights)
def images_of_a_pull_request_among_the_program(workflows):
    find_step(workflows, "preview-environment", "deploy", "download-artifact@")["with"]["path"] = "infra/images"
