"""A finished run of a workflow: what failed in it, and what passed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from delivery.github.answers import Job, WorkflowRun
from delivery.github.client import GitHubRepository
from delivery.github.job_log import read_log

# Conclusions of a job or a step that are no success and nobody asked for. `stale`: GitHub gave it up after 14 days.
FAILURES = frozenset({"failure", "timed_out", "startup_failure", "stale"})
# Of a run that is no failure: nothing failed, a person or a newer run stopped it, or a person must approve it first.
NO_FAILURES = frozenset({"success", "skipped", "neutral", "cancelled", "action_required", ""})
# They fail when any other job does, and say nothing of their own.
SUMMARY_JOBS = frozenset({"required-checks", "preview-checks", "rehearsal-checks"})
OUT_OF_TIME = "exceeded the maximum execution time"  # GitHub calls such a job cancelled
QUEUE = re.compile(r"gh-readonly-queue/.+/pr-(?P<number>\d+)-[0-9a-f]+")


@dataclass(frozen=True)
class FailedJob:
    """One job that failed.

    Attributes:
        step: the first step of it that failed.
        log: the last lines it wrote, without secrets.
    """

    name: str
    url: str
    step: str
    log: Sequence[str]


@dataclass(frozen=True)
class CiRun:
    """A finished run of a workflow.

    Attributes:
        workflow: name of its file without `.yml`.
        order: compares with that of other runs of the workflow: a later run, or a later attempt, is greater.
        author: GitHub login, or the commit's author name where GitHub knows no login.
        has_login: whether it is a login of a person.
        passed: names of the jobs that succeeded.
    """

    id: int
    workflow: str
    order: tuple[int, int]
    url: str
    branch: str
    sha: str
    author: str
    has_login: bool
    event: str
    conclusion: str
    head_owner: str
    failed: Sequence[FailedJob]
    passed: Sequence[str]

    @property
    def is_green(self) -> bool:
        """Whether GitHub says that the run succeeded; no failed job is not enough."""
        return self.conclusion == "success"

    @property
    def queued_pull(self) -> int | None:
        """The pull request that a merge queue tries; None for any other run."""
        match = QUEUE.fullmatch(self.branch)
        return int(match["number"]) if match and self.event == "merge_group" else None


def read_run(repository: GitHubRepository, run_id: int) -> CiRun:
    """The run and its jobs, as GitHub has them."""
    actions = repository.rest.actions
    run = repository.read(WorkflowRun, actions.get_workflow_run, run_id)
    jobs = list(repository.pages(Job, actions.list_jobs_for_workflow_run, run_id, key="jobs", filter_="latest"))
    login = run.actor.login if run.actor else ""
    name = run.head_commit.author.name if run.head_commit and run.head_commit.author else ""
    head_owner = run.head_repository.owner.login if run.head_repository and run.head_repository.owner else ""
    return CiRun(
        id=run_id,
        workflow=run.workflow.rpartition(".")[0] or run.name or "ci",
        order=order_of(run),
        url=run.html_url,
        branch=run.head_branch,
        sha=run.head_sha,
        author=login or name or "unknown",
        has_login=bool(login) and (run.actor is None or run.actor.type != "Bot"),
        event=run.event,
        conclusion=run.conclusion,
        head_owner=head_owner or repository.owner,
        failed=_list_failed(repository, run, jobs),
        passed=[job.name for job in jobs if job.conclusion == "success"],
    )


def order_of(run: WorkflowRun) -> tuple[int, int]:
    """The place of a run among those of its workflow: a second attempt is later than the first."""
    return run.run_number or run.id, run.run_attempt


def _list_failed(repository: GitHubRepository, run: WorkflowRun, jobs: Sequence[Job]) -> list[FailedJob]:
    if run.conclusion == "success":
        return []
    failed = [_read_job(repository, job) for job in jobs if job.conclusion in FAILURES]
    for job in jobs:
        if job.conclusion == "cancelled":
            candidate = _read_job(repository, job)
            # In a failed run a cancelled job is a reason for it; in a cancelled one only when its time ran out.
            if run.conclusion not in NO_FAILURES or any(OUT_OF_TIME in line for line in candidate.log):
                failed.append(candidate)
    reasons = [job for job in failed if job.name not in SUMMARY_JOBS]
    if reasons or failed or run.conclusion in NO_FAILURES:
        return reasons or failed
    text = f"GitHub calls the run {run.conclusion!r}, and no job failed: most often the workflow's file is not valid."
    return [FailedJob("run", run.html_url, "none", [text])]


def _read_job(repository: GitHubRepository, job: Job) -> FailedJob:
    ends = FAILURES | {"cancelled"}
    step = next((step.name for step in job.steps if step.conclusion in ends), "unknown")
    return FailedJob(job.name, job.html_url, step, read_log(repository, job.id))
