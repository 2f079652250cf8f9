"""Faults in which job has which secret: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import secrets


@caught_by(secrets.secrets_are_those_of_the_jobs_environment)
def prods_secret_in_ci(workflows):
    find_step(workflows, "ci", "audit", "make audit")["env"] = {"T": "${{ secrets.DIGITALOCEAN_TOKEN }}"}


@caught_by(secrets.secrets_are_those_of_the_jobs_environment)
def a_secret_that_the_environment_lacks(workflows):
    find_step(workflows, "deploy", "staging", "stack deploy")["env"]["T"] = "${{ secrets.STAGING_REGISTRY_TOKEN }}"


@caught_by(secrets.every_environment_is_used)
def an_environment_that_nobody_uses(workflows):
    find_job(workflows, "deploy", "production")["environment"]["name"] = "staging"
    find_job(workflows, "rollback", "rollback")["environment"]["name"] = "staging"


@caught_by(secrets.forks_and_bots_get_no_secret)
def a_preview_of_forks(workflows):
    find_job(workflows, "preview", "staging")["if"] = "github.event.pull_request.user.type != 'Bot'"


@caught_by(secrets.forks_and_bots_get_no_secret)
def a_preview_of_bots(workflows):
    find_job(workflows, "preview-prod", "prod")["if"] = secrets.FULL_NAME


@caught_by(secrets.secrets_reach_steps_one_by_one)
def a_secret_for_a_whole_job(workflows):
    find_job(workflows, "deploy", "production")["env"] = {"T": "${{ secrets.DIGITALOCEAN_TOKEN }}"}


@caught_by(secrets.any_branch_can_only_read_the_cluster)
def a_preview_with_the_clusters_admin(workflows):
    del find_step(workflows, "preview", "staging", "stack preview")["env"]["KUBERNETES_VIEW_TOKEN"]


@caught_by(secrets.jobs_with_an_identity_watch_their_network)
def an_identity_on_an_unwatched_network(workflows):
    find_job(workflows, "deploy", "sign")["steps"].remove(find_step(workflows, "deploy", "sign", "harden-runner@"))


@caught_by(secrets.requests_to_github_have_the_runs_token)
def a_question_to_github_without_a_token(workflows):
    del find_step(workflows, "deploy", "production", "verify-signatures")["env"]["GITHUB_TOKEN"]


@caught_by(secrets.forks_and_bots_get_no_secret)
def an_environment_for_forks(workflows):
    plan = find_job(workflows, "preview-environment", "plan")
    plan["if"] = "github.event_name == 'pull_request_target' && github.event.pull_request.user.type != 'Bot'"


@caught_by(secrets.forks_and_bots_get_no_secret)
def an_environment_for_bots(workflows):
    removed = find_job(workflows, "preview-environment", "remove")
    removed["if"] = removed["if"].replace("github.event.pull_request.user.type != 'Bot'", "true")
