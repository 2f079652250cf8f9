"""Which releases a stack can be rolled back to, and what each would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from delivery.images import release_images
from delivery.images.manifest import Manifest
from delivery.outcome import MissingError, RefusedError
from delivery.recorded_images import MovedTagError, refuse_moved_tags
from delivery.stack.commits import find_author, require_commit
from delivery.stack.history import (
    DeployedRelease,
    Update,
    find_digests,
    iterate_good,
    iterate_releases,
    list_releases,
)
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack

PREVIOUS = "previous"
LISTED = 5  # releases that an error names
CANDIDATES = 10  # as many as cleanup keeps the images of
DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS = 86_400, 3_600, 60
NOT_RESTORED = (
    "data (databases, volumes, buckets)",
    "generated secrets (passwords of databases); a secret of the stack file is again what that release's file has",
    "the cluster's minor version",
)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A release that ran well.

    Attributes:
        author: of its commit.
        changes: services whose image would be another one, and what comes or goes.
        manifests: its images in the registry, by service.
        recorded: the digests that it ran with; None where no update recorded them.
        problem: why it cannot run again; None where it can.
    """

    release: DeployedRelease
    author: str
    changes: tuple[str, ...] = ()
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    recorded: Mapping[str, str] | None = None
    problem: RefusedError | None = None

    @property
    def name(self) -> str:
        """First characters of its commit, and its version."""
        return f"{self.release.sha[:12]} {self.release.version or ''}".rstrip()

    @property
    def digests(self) -> dict[str, str]:
        """What the registry holds, by service."""
        return {name: manifest.digest for name, manifest in self.manifests.items()}

    def facts(self) -> dict[str, Any]:
        """What `--json` prints."""
        release = self.release
        return {
            "release": release.sha,
            "version": release.version,
            "deployed": release.at,
            "by": release.by,
            "author": self.author,
            "changes": self.changes,
            "digests": self.digests,
            "offered": self.problem is None,
            "problem": self.problem and str(self.problem),
        }


def require_live(stack: PulumiStack) -> Outputs:
    """What the stack runs.

    Raises:
        RefusedError: nothing.
    """
    if (live := stack.outputs()) is None:
        raise RefusedError(f"{stack.name} runs nothing: there is nothing to roll back")
    return live


def iterate_candidates(stack: PulumiStack, live: Outputs) -> Iterator[Candidate]:
    """The releases that ran well before the one that runs, newest first, offered or not; at most CANDIDATES.

    None that failed or was rolled back from is among them.

    Raises:
        UnreachableError, MissingError: the registry cannot be asked.
        PulumiError: the history cannot be read.
    """
    seen: list[Update] = []  # what replaced a release is newer than it, and so is in here by then
    releases = iterate_releases(_note(stack.history(), seen), stack.checkout)
    for release in islice(iterate_good(releases, live.release), CANDIDATES):
        yield _examine(stack, release, live, find_digests(seen, release.sha))


def find_candidate(stack: PulumiStack, live: Outputs, to: str) -> Candidate:
    """The release to roll back to.

    Args:
        to: `previous`, a version, or a commit, which may be shortened. A person may name one that was rolled back
            from.

    Raises:
        RefusedError: it never ran well on this stack, runs there now, or cannot run again.
    """
    if to == PREVIOUS:
        return choose_newest(stack, live, iterate_candidates(stack, live))
    sha = require_commit(to, stack.checkout)
    if sha == live.release:
        raise RefusedError(f"{stack.name} runs {to} already")
    updates = list(stack.history())
    good = [release for release in list_releases(updates, stack.checkout) if release.succeeded]
    if (match := next((release for release in good if release.sha == sha), None)) is None:
        names = list(dict.fromkeys(release.version or release.sha[:12] for release in good))[:LISTED]
        raise RefusedError(f"{to} never ran well on {stack.name}; these did: {', '.join(names) or 'none'}")
    candidate = _examine(stack, match, live, find_digests(updates, sha))
    if candidate.problem:
        raise candidate.problem
    return candidate


def choose_newest(stack: PulumiStack, live: Outputs, candidates: Iterable[Candidate]) -> Candidate:
    """The newest candidate whose images are there; what is passed over is printed.

    Raises:
        RefusedError: there is none; or a tag of a newer one was moved: an older one is then a person's choice.
    """
    problems = []
    for candidate in candidates:
        if candidate.problem is None:
            return candidate
        if isinstance(candidate.problem, MovedTagError):
            raise candidate.problem
        problems.append(f"{candidate.name} is not offered: {candidate.problem}")
        print(problems[-1])
    if problems:
        raise RefusedError("; ".join(problems))
    raise RefusedError(
        f"the history of {stack.name} has no other release than {live.release[:12]} that ran well "
        "and was not rolled back"
    )


def describe_candidates(stack: PulumiStack, live: Outputs, candidates: Iterable[Candidate]) -> list[str]:
    """The list for a person: what can be chosen, what cannot and why, and what no rollback restores."""
    everything = list(candidates)
    offered = [each for each in everything if each.problem is None]
    lines = [f"{stack.name} runs {live.release[:12]}. It can be rolled back to:" if offered else ""]
    for number, candidate in enumerate(offered, start=1):
        release = candidate.release
        changes = ", ".join(candidate.changes) or "no image"
        lines.append(
            f"  {number}. {candidate.name}, deployed {describe_age(release.at)} ago by {release.by}, "
            f"written by {candidate.author}; changes {changes}"
        )
    lines += [f"  not offered: {each.name}: {each.problem}" for each in everything if each.problem]
    lines += ["A rollback does not restore:", *(f"  - {each}" for each in NOT_RESTORED)]
    return [line for line in lines if line]


def describe_age(at: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest whole unit; a clock that is behind makes it 0 minutes."""
    seconds = max(0, int(((now or datetime.now(UTC)) - at).total_seconds()))
    for size, unit in ((DAY_SECONDS, "day"), (HOUR_SECONDS, "hour")):
        if count := seconds // size:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    minutes = seconds // MINUTE_SECONDS
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _note(updates: Iterable[Update], seen: list[Update]) -> Iterator[Update]:
    for update in updates:
        seen.append(update)
        yield update


def _examine(
    stack: PulumiStack, release: DeployedRelease, live: Outputs, recorded: Mapping[str, str] | None
) -> Candidate:
    author = find_author(release.sha, stack.checkout)
    changes: tuple[str, ...] = ()
    manifests: Mapping[str, Manifest] = {}
    problem: RefusedError | None = None
    try:
        _refuse_unreadable(stack, release.sha)
        references = release_images.references(stack, release.sha)
        changes = tuple(_compare({name: tag for name, (_, tag) in references.items()}, live))
        manifests = release_images.read_manifests(stack, release.sha, references)
        refuse_moved_tags(release.sha, manifests, recorded or {})
    except RefusedError as error:
        problem = error
    return Candidate(
        release=release,
        author=author,
        changes=changes,
        manifests=manifests,
        recorded=recorded,
        problem=problem,
    )


def _refuse_unreadable(stack: PulumiStack, sha: str) -> None:
    try:
        stack.configuration(sha)
    except MissingError as error:
        raise RefusedError(f"the stack file of {sha[:12]} cannot be read by this version: {error}") from error


def _compare(tags: Mapping[str, str], live: Outputs) -> Iterator[str]:
    """Services whose image would be another one, with what is added and removed."""
    for name, tag in sorted(tags.items()):
        if name not in live.services:
            yield f"{name} (added)"
        elif live.services[name].tag != tag:
            yield name
    yield from (f"{name} (removed)" for name in sorted(live.services.keys() - tags.keys()))
