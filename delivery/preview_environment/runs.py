"""Runs of the workflow that may be at work on an environment, and so hold the lock of its stack."""

from __future__ import annotations

import re

from delivery.github.answers import WorkflowRun
from delivery.github.client import GitHubRepository
from delivery.outcome import MissingError

WORKFLOW = "preview-environment.yml"
TITLE = re.compile(r"preview environment of #(\d+)")  # the workflow's `run-name`


def list_working_runs(number: int, slug: str | None = None) -> list[WorkflowRun] | None:
    """The runs that may hold the lock of an environment: those of its pull request, and the sweep.

    Args:
        number: of the pull request.
        slug: `owner/name` of the repository; None: that of the workflow's run.

    Returns:
        None where GitHub cannot be asked.
    """
    try:
        runs = GitHubRepository.from_environment(slug).list_active_runs({WORKFLOW})
    except MissingError:
        return None
    return [run for run in runs if not (title := TITLE.fullmatch(run.display_title)) or int(title[1]) == number]
