"""The checks of a commit, as GitHub has them: what was not checked, or not by whom it should, is not deployed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from time import monotonic, sleep

from delivery.github.answers import EPOCH, CheckRun, WorkflowRun
from delivery.github.branches import read_branches
from delivery.github.client import GitHubRepository
from delivery.outcome import RefusedError

ACTIONS = "github-actions"
CI_FILE = "ci.yml"
PAUSE_SECONDS = 15.0
WORKFLOWS = {"required-checks": "ci", "preview-checks": "preview", "rehearsal-checks": "rehearse"}


def require_checks(
    repository: GitHubRepository,
    sha: str,
    names: Sequence[str],
    app_slug: str = ACTIONS,
    *,
    wait_seconds: float = 0,
) -> list[CheckRun]:
    """The latest run of each check of a commit; every one succeeded, and is of the app that should set it.

    Args:
        sha: the full commit; GitHub would take a branch, whose checks are another commit's tomorrow.
        names: of checks; that of a job of GitHub Actions is the job's.
        app_slug: of the GitHub App that may set them.
        wait_seconds: how long checks may take that are missing or still at work.

    Raises:
        RefusedError: a check is missing, at work still, or did not succeed.
    """
    deadline = monotonic() + wait_seconds
    while True:
        runs = _list_runs(repository, sha, app_slug)
        latest = {name: max((run for run in runs if run.name == name), key=_age, default=None) for name in names}
        problems = [_find_problem(repository, sha, name, run) for name, run in latest.items()]
        over = [run for run in latest.values() if run is not None and run.status == "completed"]
        if not any(problems):
            return [run for run in latest.values() if run is not None]
        # One that failed will not succeed by waiting: a second attempt replaces it only when a person starts it.
        failed = any(run.conclusion != "success" for run in over)
        if failed or monotonic() >= deadline:
            raise RefusedError("; ".join(problem for problem in problems if problem))
        sleep(max(0.0, min(PAUSE_SECONDS, deadline - monotonic())))


def require_ci_run(repository: GitHubRepository, sha: str) -> WorkflowRun:
    """The latest run of ci for a push of a commit to a branch that is deployed; it succeeded.

    A workflow of any branch can set a check of any name for any commit. A run of ci.yml on a protected branch is
    GitHub's own record.

    Raises:
        RefusedError: there is none, or it did not succeed.
    """
    branches = read_branches().names
    runs = [
        run
        for run in repository.list_runs(CI_FILE, head_sha=sha, event="push")
        if run.head_sha == sha and run.head_branch in branches and run.workflow == CI_FILE
    ]
    where = f"see {repository.url}/commit/{sha}/checks"
    if not runs:
        raise RefusedError(f"no run of ci for {sha[:12]} on {' or '.join(branches)}; {where}")
    latest = max(runs, key=lambda run: (run.started, run.run_attempt))
    if latest.conclusion != "success":
        raise RefusedError(
            f"ci of {sha[:12]} is {latest.conclusion or latest.status or 'unknown'}: {latest.html_url}"
        )
    return latest


def _list_runs(repository: GitHubRepository, sha: str, app_slug: str) -> list[CheckRun]:
    """All runs of the app, each attempt of each: GitHub's own `latest` is by suite, and a commit has several."""
    runs = repository.pages(CheckRun, repository.rest.checks.list_for_ref, sha, key="check_runs", filter_="all")
    return [run for run in runs if run.app is not None and run.app.slug == app_slug and run.head_sha == sha]


def _age(run: CheckRun) -> tuple[datetime, int]:
    return run.started_at or EPOCH, run.id


def _find_problem(repository: GitHubRepository, sha: str, name: str, run: CheckRun | None) -> str | None:
    if run is None:
        workflow = WORKFLOWS.get(name)
        missing = f"no run of {workflow} for this commit" if workflow else "nobody checked this commit"
        return f"{name} of {sha[:12]}: {missing}; see {repository.url}/commit/{sha}/checks"
    if run.status != "completed":
        return f"{name} of {sha[:12]} is {run.status or 'unknown'} still: {run.html_url}"
    if run.conclusion != "success":
        return f"{name} of {sha[:12]} is {run.conclusion or 'without a result'}: {run.html_url}"
    return None
