"""What keeps deploys from a stack now, and which of them wait."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from delivery.github.markdown import flatten
from delivery.outcome import DeliveryError
from delivery.redaction import redacted
from delivery.stack.restrictions import Restrictions, parse_restrictions
from infra.config.preview_environment import parse_number
from localcloud.pulumi_engine.stack_files import read_locks, read_tags
from operations.cluster import find_instance, is_local

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
Value = TypeVar("Value")
Readers = tuple[Callable[[], Restrictions], Callable[[], str | None]]


@dataclass(frozen=True, kw_only=True)
class WaitingRun:
    """A run of a workflow that waits until a person approves it.

    Attributes:
        title: what it deploys, as GitHub shows it.
        url: where it is approved.
    """

    title: str
    url: str
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class DeployState:
    """What keeps deploys from a stack, and which wait.

    Attributes:
        update: who updates the stack now, as a sentence; None where nobody is known to.
        approvals: None where GitHub is not configured here.
        problems: what could not be read, a sentence each.
    """

    restrictions: Restrictions
    update: str | None
    approvals: tuple[WaitingRun, ...] | None
    problems: tuple[str, ...] = ()

    def describe(self, stack: str) -> list[str]:
        """A sentence for each, what keeps deploys away first; none where there is nothing."""
        waiting = [f"waits for an approval: {run.title} {run.url}" for run in self.approvals or ()]
        return [*self.restrictions.describe(stack), *filter(None, [self.update]), *waiting, *self.problems]

    def facts(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        approvals = None if self.approvals is None else [vars(run) for run in self.approvals]
        return {
            **self.restrictions.facts(),
            "update": self.update,
            "approvals": approvals,
            "problems": list(self.problems),
        }


def read_deploy_state(stack: str, checkout: Path = Path()) -> DeployState:
    """Return what keeps deploys from a stack; what cannot be read is a sentence among its `problems`."""
    problems: list[str] = []

    def attempt(read: Callable[[], Value], what: str) -> Value | None:
        try:
            return read()
        except (DeliveryError, ValueError, OSError) as error:
            problems.append(redacted(f"{what} of {stack} cannot be read: {error}"))
            return None

    if parse_number(stack) is not None and not is_local(stack):  # no deploy of it waits, or asks whether it may
        return DeployState(restrictions=Restrictions(), update=None, approvals=None)
    readers = _local_readers(stack) if is_local(stack) else _pulumi_readers(stack, checkout)
    return DeployState(
        restrictions=attempt(readers[0], "what keeps deploys") or Restrictions(),
        update=attempt(readers[1], "the lock"),
        approvals=attempt(lambda: _ask_github(stack), "the approvals"),
        problems=tuple(problems),
    )


def _local_readers(stack: str) -> Readers:
    def read_update() -> str | None:
        locks = read_locks(find_instance(), stack)
        return f"an update is in progress, by {'; '.join(map(str, locks))}" if locks else None

    return lambda: parse_restrictions(read_tags(find_instance(), stack)), read_update


def _pulumi_readers(stack: str, checkout: Path) -> Readers:
    """A self-managed backend says who updates only to those who would take the lock themselves: it is not asked."""
    from delivery.stack.lock_query import is_in_progress  # and Pulumi with it, which takes a second
    from delivery.stack.pulumi_stack import PulumiStack

    pulumi = PulumiStack(stack, checkout)

    def read_update() -> str | None:
        return "an update is in progress" if is_in_progress(pulumi.cli) else None

    return lambda: parse_restrictions(pulumi.tags()), read_update


def _ask_github(stack: str) -> tuple[WaitingRun, ...] | None:
    """The runs that wait for an approval; None where GitHub is not configured here, or deploys to no such stack."""
    if not os.environ.get("GITHUB_REPOSITORY") or not any(map(os.environ.get, TOKENS)):
        return None
    from delivery.github.client import GitHubRepository
    from delivery.github.waiting_deploys import ENVIRONMENTS, list_waiting_runs

    if stack not in ENVIRONMENTS:
        return None
    runs = list_waiting_runs(GitHubRepository.from_environment(), stack)
    return tuple(
        WaitingRun(title=flatten(run.display_title or run.name), url=run.html_url, since=run.created_at)
        for run in runs
    )
