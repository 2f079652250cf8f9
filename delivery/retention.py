"""Which images may go: never one that a stack runs or could return to, nor one with a version, nor a young one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from delivery import images
from delivery.digitalocean import HeldManifest
from delivery.history import VERSION, deployed
from delivery.outcome import DeliveryError, Refused
from delivery.pulumi_stack import PulumiStack

KEPT_RELEASES = 10  # of each stack's history: as many as can be returned to
YOUNG = timedelta(days=30)  # a build that no stack has taken yet, and may


@dataclass(frozen=True)
class Kept:
    """What must stay: digests that run, and `repository:tag` of releases that may run again."""

    digests: frozenset[str]
    tags: frozenset[str]


def kept(stacks: Sequence[PulumiStack], releases: int = KEPT_RELEASES) -> Kept:
    """What the stacks need.

    Raises:
        DeliveryError: a stack cannot be asked. Then nothing may be removed.
        Refused: none of the stacks runs anything.
    """
    digests: set[str] = set()
    tags: set[str] = set()
    for stack in stacks:
        if (outputs := stack.outputs()) is not None:
            digests |= {service.digest for service in outputs.services.values()}
        ran = list(dict.fromkeys(release.sha for release in deployed(stack.history(), stack.checkout)))
        for sha in ran[:releases]:
            try:
                wanted = images.references(sha, stack.settings_file, stack.checkout)
            except Refused:
                continue  # a service that is newer than the release: nothing of it to keep
            tags |= {f"{_path(repository)}:{tag}" for repository, tag in wanted.values()}
    if not digests:
        raise Refused("no stack says what it runs, so nothing is known to be unused")
    return Kept(frozenset(digests), frozenset(tags))


def removable(
    held: Iterable[HeldManifest], needed: Kept, now: datetime, youngest: timedelta = YOUNG
) -> list[HeldManifest]:
    """What may go, oldest first."""
    found = [
        manifest
        for manifest in held
        if manifest.digest not in needed.digests
        and not any(f"{manifest.repository}:{tag}" in needed.tags for tag in manifest.tags)
        and not any(VERSION.fullmatch(tag) for tag in manifest.tags)
        and now - manifest.updated > youngest
    ]
    return sorted(found, key=lambda manifest: manifest.updated)


def checked_stacks(names: Sequence[str], checkout: Path = Path()) -> list[PulumiStack]:
    """The stacks of these names; all that have a stack file must be among them.

    Raises:
        DeliveryError: one is left out: what it runs would count as unused.
    """
    present = {file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in checkout.glob("Pulumi.*.yaml")}
    if left_out := sorted(present - set(names) - {"local"}):
        raise DeliveryError(f"{', '.join(left_out)} would not be asked what they run; name every stack")
    return [PulumiStack(name, checkout) for name in names]


def _path(repository: str) -> str:
    """A repository as DigitalOcean's API names it: without the registry's host and name."""
    return repository.rpartition("/")[2]
