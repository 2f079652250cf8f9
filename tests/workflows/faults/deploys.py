"""Faults in what a deploy waits for: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import deploys


@caught_by(deploys.only_a_job_in_production_changes_prod)
def prod_by_the_job_of_staging(workflows):
    find_step(workflows, "deploy", "staging", "stack deploy")["run"] = (
        "uv run --frozen slipway stack deploy --stack prod --release HEAD"
    )


@caught_by(deploys.production_is_judged_before_it_is_changed)
def production_in_spite_of_the_facts(workflows):
    find_job(workflows, "deploy", "production")["needs"].remove("production-facts")


@caught_by(deploys.production_is_judged_before_it_is_changed)
def signatures_verified_too_late(workflows):
    steps = find_job(workflows, "deploy", "production")["steps"]
    verify = next(each for each in steps if "verify-signatures" in str(each))
    steps.remove(verify)
    steps.insert(len(steps) - 3, verify)


@caught_by(deploys.production_is_judged_before_it_is_changed)
def production_without_another_approver(workflows):
    find_job(workflows, "deploy", "production")["steps"].remove(
        find_step(workflows, "deploy", "production", "check-approval")
    )


@caught_by(deploys.production_is_judged_before_it_is_changed)
def production_without_the_digests_of_staging(workflows):
    found = find_step(workflows, "deploy", "production", "stack promote")
    found["run"] = found["run"].replace("--signed", "")


@caught_by(deploys.the_release_of_plan_is_deployed)
def a_release_that_nobody_checked_in_production(workflows):
    find_step(workflows, "deploy", "production", "stack promote")["env"]["RELEASE"] = "${{ inputs.release }}"


@caught_by(deploys.facts_are_established_without_a_secret)
def facts_beside_the_secrets_of_production(workflows):
    find_job(workflows, "deploy", "production-facts")["environment"] = {"name": "production"}


@caught_by(deploys.a_deploy_needs_ci_of_its_commit)
def a_deploy_without_ci(workflows):
    find_job(workflows, "deploy", "plan")["steps"].remove(find_step(workflows, "deploy", "plan", "ci checks"))


@caught_by(deploys.a_deploy_needs_ci_of_its_commit)
def a_deploy_after_a_red_ci(workflows):
    condition = find_job(workflows, "deploy", "plan")["if"]
    find_job(workflows, "deploy", "plan")["if"] = condition.replace(
        "github.event.workflow_run.conclusion == 'success'", "true"
    )


@caught_by(deploys.a_deploy_needs_ci_of_its_commit)
def a_deploy_of_a_forks_branch_of_the_same_name(workflows):
    condition = find_job(workflows, "deploy", "plan")["if"]
    found = "github.event.workflow_run.head_repository.full_name == github.repository"
    find_job(workflows, "deploy", "plan")["if"] = condition.replace(found, "true")


@caught_by(deploys.a_deploy_needs_ci_of_its_commit)
def a_deploy_in_spite_of_a_failed_check(workflows):
    find_step(workflows, "deploy", "plan", "ci checks")["continue-on-error"] = True
