"""What was merged and does not run, and what waits for a person: nothing of it may be lost in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from delivery.github.client import GitHubRepository
from delivery.github.markdown import LONGEST_LINE, clip, code, escape
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


def list_waiting(repository: GitHubRepository, workflow: str, now: datetime | None = None) -> list[str]:
    """Runs of a workflow that have waited for approval too long, as sentences that end with the URL."""
    waiting = []
    for run in repository.list_runs(workflow, status="waiting"):
        if (waited := (now or datetime.now(UTC)) - run.started) > PATIENCE:
            hours = waited.total_seconds() // 3600
            waiting.append(f"{run.display_title} waits for approval since {hours:.0f} h: {run.html_url}")
    return waiting


def text(commits: Sequence[str], runs: Sequence[str], branch: str) -> str:
    """Both lists as Markdown; empty when nothing waits.

    Args:
        commits: of `unreleased`, oldest first.
        runs: of `list_waiting`.
        branch: what should run.
    """
    lines = []
    if commits:
        lines += [f"**{len(commits)} merged to {escape(branch)} more than a day ago, and not live:**", ""]
        lines += [f"- {code(clip(commit, LONGEST_LINE))}" for commit in commits[:NAMED]]
        lines += [f"- … and {len(commits) - NAMED} more"] if len(commits) > NAMED else []
    if runs:
        lines += ["", "**Waiting for a person:**", "", *(f"- {_describe(run)}" for run in runs[:NAMED])]
        lines += [f"- … and {len(runs) - NAMED} more"] if len(runs) > NAMED else []
    return "\n".join(lines)


def _describe(run: str) -> str:
    """A sentence as Markdown: its title is what people wrote, its end is GitHub's URL."""
    sentence, colon, url = run.rpartition(": ")
    if not re.fullmatch(r"https?://[^\s<>@]+", url):
        return escape(run)
    return f"{escape(sentence)}{colon}{url}"
