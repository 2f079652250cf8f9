"""Freeing a stack that a dead run left locked, and no other.

A lock in a self-managed backend is a file without an end. One of a person is never touched. One of a runner is
removed when the run that took it is over: deploys of a stack queue, so while no other deploying run works, none
holds it. Pulumi Cloud ends the lock of an update that no longer reports by itself, and does not say whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from delivery.github.answers import WorkflowRun
from delivery.outcome import RefusedError
from delivery.stack.lock import Lock
from delivery.stack.pulumi_cli import LockedError
from delivery.stack.pulumi_stack import PulumiStack
from infra.runbook import describe_entry

CLOUD = (
    "{stack} has an update in progress in Pulumi Cloud, which does not say whose: see `pulumi stack --stack {stack}` "
    "and the stack's page there. Pulumi Cloud ends the lock of an update that was killed within minutes; one that "
    "hangs is ended by `pulumi cancel --stack {stack}`, by a person who knows it"
)


@dataclass(frozen=True)
class Verdict:
    """What is to become of a lock, and why."""

    lock: Lock
    removable: bool
    reason: str


def judge_lock(lock: Lock, working: Sequence[WorkflowRun] | None, own_run: int | None) -> Verdict:
    """Whether the run that took a lock can still be alive.

    Args:
        working: the deploying runs in progress; None when GitHub was not asked.
        own_run: the id of the run that asks.
    """
    if not lock.of_a_runner:
        return Verdict(lock, removable=False, reason=f"{lock.user} is a person, and is asked, not overruled")
    if working is None:
        return Verdict(lock, removable=False, reason="whether its run is over is not known: give --repo and a token")
    others = [run for run in working if run.id != own_run and run.started <= lock.at]
    if others:
        runs = ", ".join(f"{run.name} {run.html_url}" for run in others)
        return Verdict(lock, removable=False, reason=f"its run may be at work still: {runs}")
    return Verdict(lock, removable=True, reason="it is a runner's, and no run that began before it is at work")


def run_unlocked(act: Callable[[], None], unlock: Callable[[], bool]) -> None:
    """Do what needs a stack's lock; once more if a dead run held it.

    Args:
        unlock: called when it is locked; returns whether `act` may be tried again.

    Raises:
        LockedError: somebody else works on it; and what `act` and `unlock` raise.
    """
    try:
        act()
    except LockedError:
        if not unlock():
            raise
        act()


def unstick(
    stack: PulumiStack,
    working: Sequence[WorkflowRun] | None,
    own_run: int | None,
    *,
    apply: bool,
    say: Callable[[str], None],
) -> bool:
    """Say who holds a stack and what follows from it; with `apply` also do it. Returns whether the stack is free.

    Raises:
        RefusedError: with `apply`, a lock may not be removed. Pulumi removes all or none, so then none is.
    """
    try:
        locks = stack.locks()
    except LockedError as error:
        if apply:
            raise RefusedError(f"{CLOUD.format(stack=stack.name)}. Nothing was changed") from error
        say(CLOUD.format(stack=stack.name))
        return False
    if not locks:
        say(f"{stack.name} is not locked")
        return True
    verdicts = [judge_lock(lock, working, own_run) for lock in locks]
    for verdict in verdicts:
        say(f"{verdict.lock}: {'can be removed' if verdict.removable else 'stays'}: {verdict.reason}")
    if not apply:
        say("nothing was changed; apply with --apply")
        return False
    if lasting := [verdict for verdict in verdicts if not verdict.removable]:
        raise RefusedError(
            f"{stack.name} stays locked by {lasting[0].lock}: {lasting[0].reason}\n"
            f"Nothing was changed. Run this again when that has ended; {describe_entry('Two `up` at once')}"
        )
    stack.cancel()
    say(f"{stack.name}: lock removed; Helm releases that were left half way are repaired by the next `pulumi up`")
    return True
