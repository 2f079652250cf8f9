"""Faults in what starts a workflow: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import triggers


@caught_by(triggers.only_known_events_start_a_workflow)
def a_pull_request_target(workflows):
    workflows.files["preview"]["on"]["pull_request_target"] = None


@caught_by(triggers.only_known_events_start_a_workflow)
def a_deploy_by_push(workflows):
    workflows.files["deploy"]["on"]["push"] = {"branches": ["develop"]}


@caught_by(triggers.a_deploy_is_started_by_ci_or_a_person)
def a_deploy_that_ends_a_hold(workflows):
    found = find_step(workflows, "deploy", "staging", "stack deploy")
    found["run"] = found["run"].replace("--automatic", "--release")


@caught_by(triggers.a_tag_only_dispatches)
def a_tag_that_runs_its_own_code(workflows):
    find_job(workflows, "release", "dispatch")["steps"].insert(0, {"run": "make deploy"})


@caught_by(triggers.a_tag_only_dispatches)
def a_tag_that_starts_its_own_deploy(workflows):
    find_step(workflows, "release", "dispatch", "gh workflow")["env"]["BRANCH"] = "${{ github.ref_name }}"
