"""Deploys that wait for an approval: such a run holds the queue of its stack, and a rollback would wait behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from pydantic import RootModel

from delivery.github.answers import Answer, Job, WorkflowRun
from delivery.github.client import GitHubRepository
from delivery.github.errors import GitHubError
from delivery.github.settings_answers import DeploymentEnvironment
from delivery.outcome import RefusedError

WORKFLOWS = ("deploy.yml", "cleanup.yml", "rollback.yml")  # whose jobs queue for a stack
# By stack: what such a job may wait to use.
ENVIRONMENTS = {"staging": ("staging", "cleanup-staging"), "prod": ("production", "cleanup-prod")}
NOT_STARTED = {"queued", "pending", "requested"}  # of a job; `waiting` for its own approval holds the queue already
PAUSE_SECONDS = 10.0
CONFLICT = 409
LONGEST_SECONDS = 3300.0  # an update that is at work may take 60 minutes, and this job as well


class PendingDeployment(Answer):
    """An environment that a run waits to use."""

    environment: DeploymentEnvironment


PendingDeployments = RootModel[list[PendingDeployment]]


def cancel_waiting_runs(repository: GitHubRepository, stack: str, own: int) -> list[str]:
    """Cancel the runs that hold the queue of a stack while they wait for an approval; returns their URLs.

    Args:
        own: the id of the run that asks, which still waits for its own.

    Raises:
        RefusedError: Slipway deploys to no such stack.
    """
    waiting = (run for run in list_waiting_runs(repository, stack) if run.id != own)
    return [run.html_url for run in waiting if _cancel(repository, run.id)]


def list_waiting_runs(repository: GitHubRepository, stack: str) -> Iterator[WorkflowRun]:
    """Return the runs that wait for an approval to use a stack.

    Raises:
        RefusedError: Slipway deploys to no such stack.
    """
    if stack not in ENVIRONMENTS:
        raise RefusedError(f"no workflow deploys to {stack!r}; there are {', '.join(ENVIRONMENTS)}")
    call = repository.rest.actions.get_pending_deployments_for_run
    for workflow in WORKFLOWS:
        for run in list(repository.list_runs(workflow, status="waiting")):
            pending = repository.read(PendingDeployments, call, run.id).root
            if not {each.environment.name for each in pending}.isdisjoint(ENVIRONMENTS[stack]):
                yield run


def _cancel(repository: GitHubRepository, run: int) -> bool:
    """Cancel a run; returns False where it has ended, or was cancelled before."""
    try:
        repository.send_once(repository.rest.actions.cancel_workflow_run, repository.owner, repository.name, run)
    except GitHubError as error:
        if error.code != CONFLICT:
            raise
        return False
    return True


def clear_queue(
    repository: GitHubRepository, stack: str, run: int, job: str, say: Callable[[str], None] = print
) -> list[str]:
    """Cancel waiting deploys until a job of a run has left the queue; returns the URLs of what was cancelled.

    A deploy may begin to wait between the first look and the job's turn. After LONGEST_SECONDS the job is left in the
    queue: it waits for an update that is at work then, and that is never cancelled.

    Args:
        run: the id of the rollback's run.
        job: the name of its job that needs the stack.

    Raises:
        RefusedError: as for `cancel_waiting_runs`.
    """
    cancelled: list[str] = []
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        for url in cancel_waiting_runs(repository, stack, run):
            say(f"cancelled, as it waited for an approval: {url}")
            cancelled.append(url)
        if _has_left_the_queue(repository, run, job):
            return cancelled
        if time.monotonic() > end:
            say(f"{job} waits for an update of {stack} that is at work")
            return cancelled
        time.sleep(PAUSE_SECONDS)


def _has_left_the_queue(repository: GitHubRepository, run: int, job: str) -> bool:
    call = repository.rest.actions.list_jobs_for_workflow_run
    jobs = repository.pages(Job, call, run, key="jobs")
    return any(each.name == job and each.status not in NOT_STARTED for each in jobs)
