"""What keeps deploys from a stack now, which of them wait, and what a killed one may have left."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from delivery.github.markdown import flatten
from delivery.outcome import DeliveryError
from delivery.redaction import redacted
from delivery.stack.restrictions import Restrictions, parse_restrictions
from infra.config.preview_environment import parse_number
from localcloud.pulumi_engine.stack_files import read_locks, read_tags
from operations.canaries import RunningCanary, read_canaries
from operations.cluster import find_instance, is_local

if TYPE_CHECKING:  # it imports Pulumi
    from delivery.stack.pulumi_stack import PulumiStack

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
Value = TypeVar("Value")


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
        canaries: of the release that is being deployed, or of one whose deploy was killed.
        problems: what could not be read, a sentence each.
    """

    restrictions: Restrictions
    update: str | None
    approvals: tuple[WaitingRun, ...] | None
    canaries: tuple[RunningCanary, ...] = ()
    problems: tuple[str, ...] = ()

    def describe(self, stack: str) -> list[str]:
        """A sentence for each, what keeps deploys away first; none where there is nothing."""
        waiting = [f"waits for an approval: {run.title} {run.url}" for run in self.approvals or ()]
        return [*self.describe_stack(stack), *waiting, *self.problems]

    def describe_stack(self, stack: str) -> list[str]:
        """A sentence for each hold and freeze, for an update at work and for each canary."""
        canaries = [canary.describe(stack) for canary in self.canaries]
        return [*self.restrictions.describe(stack), *filter(None, [self.update]), *canaries]

    def facts(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        approvals = None if self.approvals is None else [vars(run) for run in self.approvals]
        return {
            **self.restrictions.facts(),
            "update": self.update,
            "approvals": approvals,
            "canary": {canary.service: canary.facts() for canary in self.canaries},
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
    reader = _LocalReader(stack) if is_local(stack) else _PulumiReader.of(stack, checkout)
    return DeployState(
        restrictions=attempt(reader.read_restrictions, "what keeps deploys") or Restrictions(),
        update=(update := attempt(reader.read_update, "the lock")),
        approvals=attempt(lambda: _ask_github(stack), "the approvals"),
        canaries=attempt(lambda: reader.read_canaries(updating=update is not None), "the canary") or (),
        problems=tuple(problems),
    )


@dataclass(frozen=True)
class _LocalReader:
    """A stack of the local cloud, by the files of its backend. It has no gateway, and so no canary."""

    stack: str

    def read_restrictions(self) -> Restrictions:
        return parse_restrictions(read_tags(find_instance(), self.stack))

    def read_update(self) -> str | None:
        locks = read_locks(find_instance(), self.stack)
        return f"an update is in progress, by {'; '.join(map(str, locks))}" if locks else None

    def read_canaries(self, *, updating: bool) -> tuple[RunningCanary, ...]:  # noqa: ARG002 - as of _PulumiReader
        return ()


@dataclass(frozen=True)
class _PulumiReader:
    """Any other stack, by the Pulumi CLI."""

    pulumi: PulumiStack

    @classmethod
    def of(cls, stack: str, checkout: Path) -> _PulumiReader:
        from delivery.stack.pulumi_stack import PulumiStack  # and Pulumi with it, which takes a second

        return cls(PulumiStack(stack, checkout))

    def read_restrictions(self) -> Restrictions:
        return parse_restrictions(self.pulumi.tags())

    def read_update(self) -> str | None:
        """A self-managed backend says it only to those who would take the lock themselves: it is not asked."""
        from delivery.stack.lock_query import is_in_progress

        return "an update is in progress" if is_in_progress(self.pulumi.cli) else None

    def read_canaries(self, *, updating: bool) -> tuple[RunningCanary, ...]:
        return read_canaries(self.pulumi, updating=updating, now=datetime.now(UTC))


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
