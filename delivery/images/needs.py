"""Which images the stacks of a registry need: what runs, and what a rollback would run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from delivery.images import release_images
from delivery.outcome import DeliveryError, MissingError, RefusedError
from delivery.stack.history import Update, iterate_releases
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_cli import LockedError
from delivery.stack.pulumi_stack import PulumiStack
from infra.config.schema import DIGITALOCEAN_REGISTRY
from infra.config.stack_file import StackFileError, find_stack_files, load_config
from infra.source.release import Release, ReleaseError

RELEASES = 10  # of each stack's history that ran well: as many as can be rolled back to
MOST_UPDATES = 500  # of a history that are read to find them
LOCAL = "local"  # its registry is the machine's own


class Needs(BaseModel):
    """What one stack needs.

    Attributes:
        digests: of the images that run; each must be in the registry.
        recorded: digests that the history recorded of releases that may run again.
        tags: `repository:tag` of each image of a release that may run again.
        unread: a sentence for each release whose images are known in part only.
    """

    stack: str
    digests: frozenset[str]
    recorded: frozenset[str] = frozenset()
    tags: frozenset[str]
    unread: tuple[str, ...] = ()


def find_needs(stack: PulumiStack, releases: int = RELEASES) -> Needs:
    """Ask a stack what it needs.

    A release whose stack file cannot be read keeps what is known: the digests that the history recorded, and the
    tags that today's services had then.

    Args:
        releases: how many are kept that a rollback offers, besides the one that runs.

    Raises:
        LockedError: an update is at work, which may need anything.
        RefusedError: the stack runs nothing.
        MissingError, PulumiError: it cannot be asked. Then nothing may be deleted.
    """
    if locks := stack.locks():
        raise LockedError(stack.name, locks)
    outputs = stack.outputs()
    if outputs is None:  # or it was not found where it was looked for: the two look the same
        raise RefusedError(f"{stack.name} runs nothing, or is not in this state: nothing is known to be unused")
    tags: set[str] = set()
    unread: list[str] = []
    today = _find_services(stack, outputs)
    updates = list(islice(stack.history(), MOST_UPDATES))
    wanted = _find_releases(updates, stack.checkout, outputs.release, releases)
    for sha in wanted:
        found = release_images.find_references(stack, sha)
        tags |= {f"{_path(repository)}:{tag}" for repository, tag in found.images.values()}
        if found.problems:
            unread.append(f"{stack.name}: release {sha[:12]}: {'; '.join(found.problems)}")
            tags |= _guess_tags(stack, sha, today)
    digests = frozenset(service.digest for service in outputs.services.values())
    return Needs(
        stack=stack.name,
        digests=digests,
        recorded=_find_recorded(updates, wanted),
        tags=frozenset(tags),
        unread=tuple(unread),
    )


def read_needs(file: Path) -> Needs:
    """Read what `slipway images needed` printed.

    Raises:
        MissingError: the file is something else.
    """
    try:
        return Needs.model_validate_json(file.read_text())
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise MissingError(f"{file} is not what `slipway images needed` prints: {error}") from error


def find_sharing_stacks(host: str, checkout: Path = Path()) -> list[str]:
    """The stacks whose images are in a registry.

    Args:
        host: of the registry: `registry.digitalocean.com/acme`.

    Raises:
        RefusedError: a stack file does not say which registry it uses, so that it may be this one.
    """
    files = {stack: file for stack, file in find_stack_files(checkout).items() if stack != LOCAL}
    return sorted(stack for stack, file in files.items() if _read_host(file) == host)


def combine_needs(needs: Sequence[Needs]) -> Needs:
    """What all stacks of a registry need."""
    return Needs(
        stack="all",
        digests=frozenset[str]().union(*(each.digests for each in needs)),
        recorded=frozenset[str]().union(*(each.recorded for each in needs)),
        tags=frozenset[str]().union(*(each.tags for each in needs)),
        unread=tuple(sentence for each in needs for sentence in each.unread),
    )


def _find_releases(updates: Iterable[Update], checkout: Path, current: str, count: int) -> list[str]:
    """The commits of the newest releases that a rollback offers, and of every other one between them."""
    found: list[str] = []
    ran_well: set[str] = set()
    for release in iterate_releases(updates, checkout):
        if len(ran_well) >= count:
            break
        found.append(release.sha)
        if release.succeeded and not release.rolled_back and release.sha != current:
            ran_well.add(release.sha)
    return list(dict.fromkeys(found))


def _find_recorded(updates: Iterable[Update], releases: Collection[str]) -> frozenset[str]:
    """The digests that releases ran with, as the updates that replaced them recorded."""
    records = [update.replaced for update in updates]
    return frozenset(
        digest for record in records if record and record.release in releases for digest in record.digests.values()
    )


def _find_services(stack: PulumiStack, outputs: Outputs) -> dict[str, Mapping[str, Any]]:
    """The services that run, as the stack file of the release that runs has them; none where it cannot be read."""
    try:
        services = stack.configuration(outputs.release)["slipway:services"]
    except (DeliveryError, LookupError, TypeError):
        return {}
    return {name: service for name, service in services.items() if name in outputs.services}


def _guess_tags(stack: PulumiStack, sha: str, services: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The tags that these services had at a release, if they were in the same folders."""
    tags = {f"{name}:{sha[:12]}" for name in services}
    for name, service in services.items():
        try:
            at = Release(sha, folder=stack.checkout)
            tags.add(f"{name}:{at.of(name, service['folder'], service.get('shares', ())).tag}")
        except ReleaseError:
            continue  # the service is newer than the release
    return tags


def _read_host(file: Path) -> str:
    """The registry that a stack file names."""
    try:
        registry = load_config(file)["slipway:registry"]
        return str(registry.get("host", f"{DIGITALOCEAN_REGISTRY}/{registry['name']}"))
    except (StackFileError, LookupError, TypeError, AttributeError) as error:
        raise RefusedError(
            f"{file.name} does not say which registry its stack uses ({error!r}): nothing is known to be unused; "
            "write slipway:registry.name"
        ) from error


def _path(repository: str) -> str:
    """A repository as DigitalOcean's API names it: without the registry's host and name."""
    return repository.rpartition("/")[2]
