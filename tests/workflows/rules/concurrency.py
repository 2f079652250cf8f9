"""GitHub queues the jobs that change a stack, and cancels none of them."""

from __future__ import annotations

ENDED_BY_NEWER = {"ci", "preview", "preview-prod", "rehearse"}


def a_job_ends_within_an_hour(workflows):
    yield from (str(job) for job in workflows.jobs if not job.content.get("timeout-minutes", 999) <= 75)


def only_read_only_runs_are_cancelled_by_newer_ones(workflows):
    for name, content in workflows.files.items():
        ended = content["concurrency"]["cancel-in-progress"]
        if name not in ENDED_BY_NEWER and ended is not False:
            yield name
        if name == "ci" and ended != "${{ github.event_name == 'pull_request' }}":
            yield "ci: a run of what was merged may be ended, and that commit is never deployed"


def each_merged_commit_has_a_run_of_its_own(workflows):
    group = workflows.files["ci"]["concurrency"]["group"]
    if not group.endswith("|| github.sha }}"):
        yield f"ci: runs of two merges share the group {group}"


def jobs_that_change_a_stack_queue_and_none_is_lost(workflows):
    changing = [("deploy", "staging"), ("deploy", "production"), ("rollback", "rollback"), ("cleanup", "images")]
    for workflow, name in changing:
        concurrency = workflows.job(workflow, name).content.get("concurrency", {})
        if not str(concurrency.get("group")).startswith("deploy-"):
            yield f"{workflow}: {name} does not queue with what else changes the stack"
        if (concurrency.get("queue"), concurrency.get("cancel-in-progress")) != ("max", False):
            yield f"{workflow}: {name} may be cancelled, or pushed out of the queue"


def a_waiting_approval_does_not_block_a_rollback(workflows):
    job = workflows.job("rollback", "clear-queue")
    if "ci cancel-waiting" not in job.text or job.content.get("needs") or job.content.get("concurrency"):
        yield "what waits for an approval is not cancelled, or waits itself"
    if "needs" in workflows.job("rollback", "rollback").content:
        yield "the rollback waits for another job"


def cleanup_reads_what_is_needed_under_the_lock(workflows):
    job = workflows.job("cleanup", "images")
    if "--needed" in job.text or job.uses("actions/download-artifact@"):
        yield "what is needed was read before the lock was held"
