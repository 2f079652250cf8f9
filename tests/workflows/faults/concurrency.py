"""Faults in how GitHub queues and cancels jobs: each function plants one, and a rule must catch it."""

from __future__ import annotations

from tests.workflows.faults.fault import caught_by, find_job, find_step
from tests.workflows.rules import concurrency


@caught_by(concurrency.a_job_ends_within_an_hour)
def a_job_without_an_end(workflows):
    del find_job(workflows, "deploy", "staging")["timeout-minutes"]


@caught_by(concurrency.only_read_only_runs_are_cancelled_by_newer_ones)
def a_deploy_that_a_newer_one_ends(workflows):
    workflows.files["deploy"]["concurrency"]["cancel-in-progress"] = True


@caught_by(concurrency.only_read_only_runs_are_cancelled_by_newer_ones)
def ci_of_a_merge_that_a_newer_one_ends(workflows):
    workflows.files["ci"]["concurrency"]["cancel-in-progress"] = True


@caught_by(concurrency.each_merged_commit_has_a_run_of_its_own)
def two_merges_in_one_group(workflows):
    workflows.files["ci"]["concurrency"]["group"] = "ci-${{ github.ref }}"


@caught_by(concurrency.jobs_that_change_a_stack_queue_and_none_is_lost)
def a_rollback_beside_a_deploy(workflows):
    del find_job(workflows, "rollback", "rollback")["concurrency"]


@caught_by(concurrency.jobs_that_change_a_stack_queue_and_none_is_lost)
def a_queue_of_one(workflows):
    del find_job(workflows, "deploy", "production")["concurrency"]["queue"]


@caught_by(concurrency.a_waiting_approval_does_not_block_a_rollback)
def a_rollback_behind_an_approval(workflows):
    del workflows.files["rollback"]["jobs"]["clear-queue"]["steps"][-1]


@caught_by(concurrency.cleanup_reads_what_is_needed_under_the_lock)
def a_cleanup_of_yesterdays_list(workflows):
    find_step(workflows, "cleanup", "images", "images cleanup")["run"] += " --needed needed-staging.json"
