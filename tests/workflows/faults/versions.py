"""Faults in the versions of actions and images: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import versions


@caught_by(versions.actions_are_pinned)
def an_action_by_its_branch(workflows):
    find_step(workflows, "ci", "plan", "checkout@")["uses"] = "actions/checkout@main"


@caught_by(versions.an_action_has_one_version)
def an_action_in_a_second_version(workflows):
    find_step(workflows, "ci", "plan", "checkout@")["uses"] = "actions/checkout@" + "0" * 40


@caught_by(versions.images_are_pinned)
def a_database_by_its_tag(workflows):
    find_job(workflows, "ci", "integration")["services"]["postgres"]["image"] = "postgres:17"
