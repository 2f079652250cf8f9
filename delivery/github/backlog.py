"""What was merged and does not run, and what waits for a person: nothing of it may be lost in silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from delivery.github.client import PAGE, GitHubRepository
from delivery.outcome import MissingError
from infra.source.git import GitError, git

PATIENCE = timedelta(hours=24)
NAMED = 10


def unreleased(live: str, branch: str, checkout: Path = Path(), now: datetime | None = None) -> list[str]:
    """Commits of a branch that have waited too long to run, oldest first, as `abcdef123456 2026-11-20 subject`.

    Args:
        live: the commit that runs.
        branch: what should run.
        checkout: the clone to ask.
        now: the time to judge by.

    Raises:
        MissingError: the clone does not know one of the two.
    """
    before = ((now or datetime.now(UTC)) - PATIENCE).isoformat()
    try:
        # First parents: what was merged, not each commit of what was merged.
        words = ("--first-parent", "--reverse", f"--until={before}", "--format=%h %cs %s", "--abbrev=12")
        return git(checkout, "log", *words, f"{live}..{branch}").splitlines()
    except GitError as error:
        raise MissingError(f"cannot compare what runs with {branch}: {error}") from error


def waiting(repository: GitHubRepository, workflow: str, now: datetime | None = None) -> list[str]:
    """Runs of a workflow that have waited for approval too long, as sentences."""
    reply = repository.rest.actions.list_workflow_runs(
        repository.owner, repository.name, workflow, status="waiting", per_page=PAGE
    )
    found = []
    for run in reply.json()["workflow_runs"]:
        since = datetime.fromisoformat(str(run["run_started_at"]))
        if (waited := (now or datetime.now(UTC)) - since) > PATIENCE:
            hours = waited.total_seconds() // 3600
            found.append(f"{run['display_title']} waits for approval since {hours:.0f} h: {run['html_url']}")
    return found


def text(commits: Sequence[str], runs: Sequence[str], branch: str) -> str:
    """Both lists as Markdown; empty when nothing waits."""
    lines = []
    if commits:
        lines += [f"**{len(commits)} merged to {branch} more than a day ago, and not live:**", ""]
        lines += [f"- `{commit}`" for commit in commits[:NAMED]]
        lines += [f"- … and {len(commits) - NAMED} more"] if len(commits) > NAMED else []
    if runs:
        lines += ["", "**Waiting for a person:**", "", *(f"- {run}" for run in runs)]
    return "\n".join(lines)
