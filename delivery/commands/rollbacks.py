"""The command that rolls a stack back, and the list of what it can be rolled back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from delivery.commands.target import Target, run_change
from delivery.github import workflow_run
from delivery.github.client import GitHubRepository
from delivery.outcome import RefusedError, Report
from delivery.rollback import PersonRollback
from delivery.rollback_candidates import (
    NOT_RESTORED,
    Candidate,
    choose_newest,
    describe_candidates,
    find_candidate,
    iterate_candidates,
    require_live,
)
from delivery.stack.hold import note_restrictions


@dataclass(frozen=True, kw_only=True)
class RollbackRequest:
    """What to roll back, and to what.

    Attributes:
        to: `previous`, a version or a commit; None: list the candidates, and ask.
        dry_run: whether only to say what would be done.
        allow_destructive: whether what holds data may be replaced or deleted.
        signed: whether to refuse images that our deploy workflow did not sign.
        holds: whether the stack is held afterwards.
    """

    target: Target
    to: str | None = None
    dry_run: bool = False
    allow_destructive: bool = False
    signed: bool = False
    holds: bool = True


def roll_back(request: RollbackRequest) -> Report:
    """Run an earlier release again."""
    target, stack = request.target, request.target.stack
    live = require_live(stack)
    candidates: list[Candidate] = []
    if request.to is None:
        candidates = list(iterate_candidates(stack, live))
        print("\n".join(describe_candidates(stack, live, candidates)))
        newest = choose_newest(stack, live, candidates)
        candidate = newest if request.dry_run else _ask(candidates)
    else:
        candidate = find_candidate(stack, live, request.to)
    if request.dry_run:
        return _describe(request, candidate, candidates)
    rollback = PersonRollback(
        deployment=replace(target.deployment(), holds=request.holds),
        candidate=candidate,
        live=live,
        allow_destructive=request.allow_destructive,
        signed_by=GitHubRepository.from_environment(target.repository).slug if request.signed else None,
    )
    report = run_change(target, rollback.run)
    for note in note_restrictions(stack) if request.holds else ():
        workflow_run.summarize(note)
    return report


def _ask(candidates: Sequence[Candidate]) -> Candidate:
    """Have a person choose among what is offered; the newest where only Enter is pressed.

    Raises:
        RefusedError: nothing of the list was chosen.
    """
    offered = [candidate for candidate in candidates if candidate.problem is None]
    try:
        answer = input(f"Roll back to which? Its number, or Enter for {offered[0].name}: ").strip()
    except EOFError:
        answer = "nothing"
    if not answer:
        return offered[0]
    by_answer = {str(number): candidate for number, candidate in enumerate(offered, start=1)}
    for candidate in offered:
        by_answer |= {candidate.release.version or candidate.release.sha: candidate, candidate.release.sha: candidate}
    if answer not in by_answer:
        raise RefusedError(f"{answer!r} is none of the list: nothing was changed")
    return by_answer[answer]


def _describe(request: RollbackRequest, candidate: Candidate, candidates: Sequence[Candidate]) -> Report:
    stack, release = request.target.stack, candidate.release
    print(f"{stack.name} would go back to {release.sha[:12]} {release.version or ''} of {release.at:%Y-%m-%d %H:%M}")
    for name, digest in candidate.digests.items():
        compared = "" if candidate.recorded and name in candidate.recorded else " (not recorded when it ran)"
        print(f"  {name}: {digest}{compared}")
    listed = {"candidates": [each.facts() for each in candidates]} if candidates else {}
    return Report(
        facts={
            "stack": stack.name,
            "release": release.sha,
            "version": release.version,
            "digests": candidate.digests,
            "notRestored": NOT_RESTORED,
            **listed,
        }
    )
