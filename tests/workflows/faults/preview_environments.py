"""Faults in the environment of a pull request: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import preview_environments


@caught_by(preview_environments.an_environment_of_a_pull_request_has_secrets_of_its_own)
def an_environment_with_what_deploys_staging(workflows):
    find_job(workflows, "preview-environment", "deploy")["environment"] = {"name": "staging"}


@caught_by(preview_environments.an_environment_of_a_pull_request_has_secrets_of_its_own)
def a_preview_with_what_deploys_environments(workflows):
    find_job(workflows, "preview", "staging")["environment"] = {"name": "preview-environments"}


@caught_by(preview_environments.an_environment_is_removed_when_its_pull_request_is_closed_and_at_night)
def an_environment_that_outlives_its_pull_request(workflows):
    workflows.files["preview-environment"]["on"]["pull_request_target"]["types"].remove("closed")


@caught_by(preview_environments.an_environment_is_removed_when_its_pull_request_is_closed_and_at_night)
def a_sweep_that_only_looks(workflows):
    found = find_step(workflows, "preview-environment", "sweep", "sweep --apply")
    found["run"] = found["run"].replace(" --apply", "")
