"""Each fault that somebody could plant in a workflow is caught by the rule that is for it."""

from __future__ import annotations

import pytest

from tests.workflows import rules
from tests.workflows.workflows import ROOT, read_workflows

WORKFLOWS = read_workflows(ROOT / ".github")
FAULTS = {}


def caught_by(rule):
    """A function that plants a fault; `rule` must catch it."""

    def register(plant):
        FAULTS[plant.__name__] = (plant, rule)
        return plant

    return register


def job(workflows, workflow, name):
    return workflows.files[workflow]["jobs"][name]


def step(workflows, workflow, name, words):
    """The first step of a job that has these words in it."""
    return next(each for each in job(workflows, workflow, name)["steps"] if words in str(each))


@caught_by(rules.actions_are_pinned)
def an_action_by_its_branch(w):
    step(w, "ci", "plan", "checkout@")["uses"] = "actions/checkout@main"


@caught_by(rules.an_action_has_one_version)
def an_action_in_a_second_version(w):
    step(w, "ci", "plan", "checkout@")["uses"] = "actions/checkout@" + "0" * 40


@caught_by(rules.images_are_pinned)
def a_database_by_its_tag(w):
    job(w, "ci", "integration")["services"]["postgres"]["image"] = "postgres:17"


@caught_by(rules.only_known_events_start_a_workflow)
def a_pull_request_target(w):
    w.files["preview"]["on"]["pull_request_target"] = None


@caught_by(rules.only_known_events_start_a_workflow)
def a_deploy_by_push(w):
    w.files["deploy"]["on"]["push"] = {"branches": ["develop"]}


@caught_by(rules.nothing_is_permitted_by_default)
def every_right_by_default(w):
    w.files["ci"]["permissions"] = "write-all"


@caught_by(rules.a_job_has_the_rights_that_are_listed_and_no_more)
def a_suite_that_may_write_contents(w):
    job(w, "ci", "tests")["permissions"]["contents"] = "write"


@caught_by(rules.a_job_has_the_rights_that_are_listed_and_no_more)
def a_scanner_with_an_identity(w):
    job(w, "deploy", "scan")["permissions"]["id-token"] = "write"


@caught_by(rules.a_job_has_the_rights_that_are_listed_and_no_more)
def a_job_that_does_not_say_its_rights(w):
    del job(w, "ci", "plan")["permissions"]


@caught_by(rules.a_job_ends_within_an_hour)
def a_job_without_an_end(w):
    del job(w, "deploy", "staging")["timeout-minutes"]


@caught_by(rules.only_what_looks_is_ended_by_what_looks_again)
def a_deploy_that_a_newer_one_ends(w):
    w.files["deploy"]["concurrency"]["cancel-in-progress"] = True


@caught_by(rules.only_what_looks_is_ended_by_what_looks_again)
def ci_of_a_merge_that_a_newer_one_ends(w):
    w.files["ci"]["concurrency"]["cancel-in-progress"] = True


@caught_by(rules.what_was_merged_has_a_run_of_its_own)
def two_merges_in_one_group(w):
    w.files["ci"]["concurrency"]["group"] = "ci-${{ github.ref }}"


@caught_by(rules.a_checkout_leaves_no_token)
def a_checkout_that_leaves_its_token(w):
    del step(w, "deploy", "staging", "checkout@")["with"]["persist-credentials"]


@caught_by(rules.what_another_workflow_starts_or_changes_a_stack_runs_code_of_main)
def a_report_by_the_pull_requests_code(w):
    step(w, "report", "report", "checkout@")["with"]["ref"] = "${{ github.event.workflow_run.head_sha }}"


@caught_by(rules.what_another_workflow_starts_or_changes_a_stack_runs_code_of_main)
def a_deploy_of_what_ci_named(w):
    step(w, "deploy", "staging", "checkout@")["with"]["ref"] = "${{ github.event.workflow_run.head_sha }}"


@caught_by(rules.secrets_are_those_of_the_jobs_environment)
def prods_secret_in_ci(w):
    step(w, "ci", "audit", "make audit")["env"] = {"T": "${{ secrets.DIGITALOCEAN_TOKEN }}"}


@caught_by(rules.secrets_are_those_of_the_jobs_environment)
def a_secret_that_the_environment_lacks(w):
    step(w, "deploy", "staging", "stack deploy")["env"]["T"] = "${{ secrets.STAGING_REGISTRY_TOKEN }}"


@caught_by(rules.every_environment_is_used)
def an_environment_that_nobody_uses(w):
    job(w, "deploy", "production")["environment"]["name"] = "staging"
    job(w, "rollback", "rollback")["environment"]["name"] = "staging"


@caught_by(rules.forks_and_bots_get_no_secret)
def a_preview_of_forks(w):
    job(w, "preview", "staging")["if"] = "github.event.pull_request.user.type != 'Bot'"


@caught_by(rules.forks_and_bots_get_no_secret)
def a_preview_of_bots(w):
    job(w, "preview-prod", "prod")["if"] = rules.FULL_NAME


@caught_by(rules.what_may_write_or_holds_secrets_takes_nothing_from_a_cache)
def a_deploy_from_a_cache(w):
    job(w, "deploy", "staging")["steps"].insert(2, {"uses": "actions/cache@" + "0" * 40})


@caught_by(rules.what_may_write_or_holds_secrets_takes_nothing_from_a_cache)
def a_report_from_a_cache(w):
    del step(w, "report", "report", "actions/setup")["with"]


@caught_by(rules.a_scanner_holds_neither_secret_nor_identity)
def a_scanner_with_the_registrys_token(w):
    step(w, "deploy", "scan", "actions/scan")["env"] = {"T": "${{ secrets.DIGITALOCEAN_TOKEN }}"}


@caught_by(rules.secrets_reach_steps_one_by_one)
def a_secret_for_a_whole_job(w):
    job(w, "deploy", "production")["env"] = {"T": "${{ secrets.DIGITALOCEAN_TOKEN }}"}


@caught_by(rules.a_script_gets_text_through_its_environment_only)
def a_title_in_a_script(w):
    step(w, "preview", "staging", "stack preview")["run"] = "echo ${{ github.event.pull_request.title }}"


@caught_by(rules.a_script_gets_text_through_its_environment_only)
def an_input_in_an_actions_script(w):
    w.actions["notify"]["runs"]["steps"][-1]["run"] = "slipway ci notify --title ${{ inputs.title }}"


@caught_by(rules.only_a_job_in_production_changes_prod)
def prod_by_the_job_of_staging(w):
    step(w, "deploy", "staging", "stack deploy")["run"] = (
        "uv run --frozen slipway stack deploy --stack prod --release HEAD"
    )


@caught_by(rules.production_is_judged_before_it_is_changed)
def production_in_spite_of_the_facts(w):
    job(w, "deploy", "production")["needs"].remove("production-facts")


@caught_by(rules.production_is_judged_before_it_is_changed)
def signatures_verified_too_late(w):
    steps = job(w, "deploy", "production")["steps"]
    verify = next(each for each in steps if "verify-signatures" in str(each))
    steps.remove(verify)
    steps.insert(len(steps) - 3, verify)


@caught_by(rules.production_is_judged_before_it_is_changed)
def production_without_another_approver(w):
    job(w, "deploy", "production")["steps"].remove(step(w, "deploy", "production", "check-approval"))


@caught_by(rules.production_is_judged_before_it_is_changed)
def production_without_the_digests_of_staging(w):
    found = step(w, "deploy", "production", "stack promote")
    found["run"] = found["run"].replace("--signed", "")


RELEASE = "${{ needs.plan.outputs.release }}"


@caught_by(rules.what_another_workflow_starts_or_changes_a_stack_runs_code_of_main)
def a_rollback_by_the_releases_own_code(w):
    step(w, "rollback", "rollback", "checkout@")["with"]["ref"] = "${{ inputs.to }}"


@caught_by(rules.what_plan_found_is_deployed)
def a_release_that_nobody_checked_in_production(w):
    step(w, "deploy", "production", "stack promote")["env"]["RELEASE"] = "${{ inputs.release }}"


@caught_by(rules.facts_are_established_without_a_secret)
def facts_beside_the_secrets_of_production(w):
    job(w, "deploy", "production-facts")["environment"] = {"name": "production"}


@caught_by(rules.what_another_workflow_starts_or_changes_a_stack_runs_code_of_main)
def facts_by_the_releases_own_code(w):
    step(w, "deploy", "production-facts", "checkout@")["with"]["ref"] = RELEASE


@caught_by(rules.what_another_workflow_starts_or_changes_a_stack_runs_code_of_main)
def a_deploy_by_the_releases_own_code(w):
    step(w, "deploy", "staging", "checkout@")["with"]["ref"] = RELEASE


@caught_by(rules.what_another_workflow_starts_or_changes_a_stack_runs_code_of_main)
def a_promotion_by_the_releases_own_code(w):
    step(w, "deploy", "production", "checkout@")["with"]["ref"] = RELEASE


@caught_by(rules.a_deploy_needs_ci_of_its_commit)
def a_deploy_without_ci(w):
    job(w, "deploy", "plan")["steps"].remove(step(w, "deploy", "plan", "ci checks"))


@caught_by(rules.a_deploy_needs_ci_of_its_commit)
def a_deploy_after_a_red_ci(w):
    condition = job(w, "deploy", "plan")["if"]
    job(w, "deploy", "plan")["if"] = condition.replace("github.event.workflow_run.conclusion == 'success'", "true")


@caught_by(rules.a_deploy_needs_ci_of_its_commit)
def a_deploy_of_a_forks_branch_of_the_same_name(w):
    condition = job(w, "deploy", "plan")["if"]
    found = "github.event.workflow_run.head_repository.full_name == github.repository"
    job(w, "deploy", "plan")["if"] = condition.replace(found, "true")


@caught_by(rules.a_deploy_needs_ci_of_its_commit)
def a_deploy_in_spite_of_a_failed_check(w):
    step(w, "deploy", "plan", "ci checks")["continue-on-error"] = True


@caught_by(rules.a_deploy_is_started_by_ci_or_a_person)
def a_deploy_that_ends_a_hold(w):
    found = step(w, "deploy", "staging", "stack deploy")
    found["run"] = found["run"].replace("--automatic", "--release")


@caught_by(rules.a_tag_only_dispatches)
def a_tag_that_runs_its_own_code(w):
    job(w, "release", "dispatch")["steps"].insert(0, {"run": "make deploy"})


@caught_by(rules.a_tag_only_dispatches)
def a_tag_that_starts_its_own_deploy(w):
    step(w, "release", "dispatch", "gh workflow")["env"]["BRANCH"] = "${{ github.ref_name }}"


@caught_by(rules.only_what_was_scanned_is_signed)
def a_signature_without_a_scan(w):
    job(w, "deploy", "sign")["needs"].remove("scan")


@caught_by(rules.only_what_was_scanned_is_signed)
def a_signature_in_spite_of_the_scan(w):
    job(w, "deploy", "sign")["if"] = "always()"


@caught_by(rules.only_what_was_scanned_is_signed)
def a_scan_of_another_build(w):
    job(w, "deploy", "staging")["steps"].remove(step(w, "deploy", "staging", "images export"))


@caught_by(rules.evidence_comes_from_jobs_that_attest)
def evidence_that_nobody_attested(w):
    step(w, "deploy", "staging", "upload-artifact@")["with"]["name"] = "staging-release"


@caught_by(rules.a_token_that_may_only_read_asks_for_no_more)
def a_preview_that_may_push(w):
    step(w, "preview-prod", "prod", "setup-deploy")["with"]["read-only"] = "false"


@caught_by(rules.where_any_branch_may_run_its_program_the_cluster_can_only_be_read)
def a_preview_with_the_clusters_admin(w):
    del step(w, "preview", "staging", "stack preview")["env"]["KUBERNETES_VIEW_TOKEN"]


@caught_by(rules.a_refresh_is_for_merged_code)
def a_refresh_in_a_pull_request(w):
    step(w, "preview", "staging", "stack preview")["run"] += " --refresh"


@caught_by(rules.what_changes_a_stack_queues_and_none_is_cancelled_or_lost)
def a_rollback_beside_a_deploy(w):
    del job(w, "rollback", "rollback")["concurrency"]


@caught_by(rules.what_changes_a_stack_queues_and_none_is_cancelled_or_lost)
def a_queue_of_one(w):
    del job(w, "deploy", "production")["concurrency"]["queue"]


@caught_by(rules.a_waiting_approval_does_not_block_a_rollback)
def a_rollback_behind_an_approval(w):
    del w.files["rollback"]["jobs"]["clear-queue"]["steps"][-1]


@caught_by(rules.a_rollback_verifies_signatures)
def a_rollback_to_what_nobody_signed(w):
    found = step(w, "rollback", "rollback", "stack rollback")
    found["run"] = found["run"].replace("--signed", "")


@caught_by(rules.cleanup_reads_what_is_needed_under_the_lock)
def a_cleanup_of_yesterdays_list(w):
    step(w, "cleanup", "images", "images cleanup")["run"] += " --needed needed-staging.json"


@caught_by(rules.required_checks_wait_for_every_job)
def a_new_job_that_nobody_waits_for(w):
    w.files["ci"]["jobs"]["more"] = dict(job(w, "ci", "audit"))


@caught_by(rules.required_checks_wait_for_every_job)
def a_check_that_is_skipped_when_tests_fail(w):
    del job(w, "ci", "required-checks")["if"]


@caught_by(rules.required_checks_wait_for_every_job)
def a_check_that_lets_tests_be_skipped(w):
    job(w, "ci", "required-checks")["steps"][0]["with"]["allowed-skips"] = "deployment-readiness, tests"


@caught_by(rules.required_checks_wait_for_every_job)
def a_rehearsal_that_is_not_required(w):
    job(w, "rehearse", "rehearsal-checks")["needs"].remove("cloud")


@caught_by(rules.somebody_hears_of_every_failure)
def a_deploy_that_fails_in_silence(w):
    job(w, "deploy", "notify")["if"] = "needs.production.result == 'success'"


@caught_by(rules.somebody_hears_of_every_failure)
def a_scan_that_fails_in_silence(w):
    w.files["report"]["on"]["workflow_run"]["workflows"].remove("scan")


@caught_by(rules.somebody_hears_of_every_failure)
def a_run_out_of_time_in_silence(w):
    job(w, "report", "notify")["if"] = (
        "github.event.workflow_run.conclusion == 'failure' && github.event.workflow_run.conclusion != 'skipped'"
    )


@caught_by(rules.coverage_is_kept_for_a_week)
def coverage_that_is_gone_tomorrow(w):
    step(w, "ci", "integration", "upload-artifact@")["with"]["retention-days"] = 1


@caught_by(rules.what_holds_the_stacks_secrets_watches_its_network)
def an_identity_on_an_unwatched_network(w):
    job(w, "deploy", "sign")["steps"].remove(step(w, "deploy", "sign", "harden-runner@"))


@caught_by(rules.who_asks_github_has_the_runs_token)
def a_question_to_github_without_a_token(w):
    del step(w, "deploy", "production", "verify-signatures")["env"]["GITHUB_TOKEN"]


@caught_by(rules.what_the_plan_lacks_is_switched_off_in_code)
def an_approval_that_a_variable_switches_off(w):
    step(w, "deploy", "production", "check-approval")["if"] = "vars.APPROVALS != 'off'"


@caught_by(rules.what_the_plan_lacks_is_switched_off_in_code)
def attestations_in_one_workflow_alone(w):
    w.files["rollback"]["env"]["ATTESTATIONS"] = "off"


@caught_by(rules.no_code_of_a_pull_request_runs_with_rights)
def a_checkout_of_the_pull_request_beside_secrets(w):
    step(w, "preview-environment", "deploy", "checkout@")["with"]["ref"] = "${{ github.event.pull_request.head.sha }}"


@caught_by(rules.no_code_of_a_pull_request_runs_with_rights)
def files_of_the_pull_request_taken_by_git(w):
    job(w, "preview-environment", "deploy")["steps"].insert(2, {"run": 'git checkout "$RELEASE" -- infra'})


@caught_by(rules.no_code_of_a_pull_request_runs_with_rights)
def a_build_of_the_pull_request_with_an_environment(w):
    job(w, "preview-environment", "build")["environment"] = {"name": "preview-environments"}


@caught_by(rules.no_code_of_a_pull_request_runs_with_rights)
def a_build_in_the_job_that_deploys(w):
    step(w, "preview-environment", "deploy", "preview-environment up")["run"] = "docker build backend"


@caught_by(rules.an_artifact_changes_no_code_that_runs_with_rights)
def images_of_a_pull_request_over_the_checkout(w):
    del step(w, "preview-environment", "deploy", "download-artifact@")["with"]["path"]


@caught_by(rules.an_artifact_changes_no_code_that_runs_with_rights)
def images_of_a_pull_request_among_the_program(w):
    step(w, "preview-environment", "deploy", "download-artifact@")["with"]["path"] = "infra/images"


@caught_by(rules.an_environment_of_a_pull_request_has_secrets_of_its_own)
def an_environment_with_what_deploys_staging(w):
    job(w, "preview-environment", "deploy")["environment"] = {"name": "staging"}


@caught_by(rules.an_environment_of_a_pull_request_has_secrets_of_its_own)
def a_preview_with_what_deploys_environments(w):
    job(w, "preview", "staging")["environment"] = {"name": "preview-environments"}


@caught_by(rules.an_environment_is_removed_when_its_pull_request_is_closed_and_at_night)
def an_environment_that_outlives_its_pull_request(w):
    w.files["preview-environment"]["on"]["pull_request_target"]["types"].remove("closed")


@caught_by(rules.an_environment_is_removed_when_its_pull_request_is_closed_and_at_night)
def a_sweep_that_only_looks(w):
    found = step(w, "preview-environment", "sweep", "sweep --apply")
    found["run"] = found["run"].replace(" --apply", "")


@caught_by(rules.forks_and_bots_get_no_secret)
def an_environment_for_forks(w):
    plan = job(w, "preview-environment", "plan")
    plan["if"] = "github.event_name == 'pull_request_target' && github.event.pull_request.user.type != 'Bot'"


@caught_by(rules.forks_and_bots_get_no_secret)
def an_environment_for_bots(w):
    removed = job(w, "preview-environment", "remove")
    removed["if"] = removed["if"].replace("github.event.pull_request.user.type != 'Bot'", "true")


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught(name):
    plant, rule = FAULTS[name]
    assert list(rule(WORKFLOWS)) == []
    assert list(rule(WORKFLOWS.edited(plant))) != []


def test_every_rule_has_a_fault_that_it_catches():
    about_settings = {rules.production_has_reviewers}  # of delivery/github/repository_settings.py
    assert {rule for _, rule in FAULTS.values()} == {*rules.RULES} - about_settings
