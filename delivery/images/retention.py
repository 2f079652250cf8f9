"""Which images may go: never one that a stack runs or could return to, nor one with a version, nor a young one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel

from delivery.account.digitalocean import HeldManifest
from delivery.images import release_images
from delivery.outcome import RefusedError
from delivery.stack.history import VERSION, list_releases
from delivery.stack.pulumi_stack import PulumiStack
from infra.config.schema import DIGITALOCEAN_REGISTRY
from infra.config.stack_file import find_stack_files, load_config

KEPT_RELEASES = 10  # of each stack's history: as many as can be returned to
SIGNATURE = re.compile(r"sha256-([0-9a-f]{64})\b")  # how cosign names what it keeps beside an image
YOUNG = timedelta(days=30)  # a build that no stack has taken yet, and may


class Kept(BaseModel):
    """What one stack needs: digests that run, and `repository:tag` of releases that may run again."""

    stack: str
    digests: frozenset[str]
    tags: frozenset[str]


def kept(stack: PulumiStack, releases: int = KEPT_RELEASES) -> Kept:
    """What a stack needs.

    Raises:
        DeliveryError, RefusedError: it cannot be asked, or runs nothing. Then nothing may be removed.
    """
    outputs, tags = stack.outputs(), set()
    if outputs is None:  # or it was not found where it was looked for: the two look the same
        raise RefusedError(f"{stack.name} runs nothing, or is not in this state: nothing is known to be unused")
    ran = list(dict.fromkeys(release.sha for release in list_releases(stack.history(), stack.checkout)))
    for sha in ran[:releases]:
        try:
            wanted = release_images.references(stack, sha)
        except RefusedError:
            continue  # a service that is newer than the release: nothing of it to keep
        tags |= {f"{_path(repository)}:{tag}" for repository, tag in wanted.values()}
    digests = {service.digest for service in outputs.services.values()}
    return Kept(stack=stack.name, digests=frozenset(digests), tags=frozenset(tags))


def together(needs: Sequence[Kept], host: str, checkout: Path = Path()) -> Kept:
    """What all stacks of a registry need.

    Args:
        host: of the registry: `registry.digitalocean.com/acme`.

    Raises:
        RefusedError: a stack of that registry is left out, and what it runs would count as unused.
    """
    files = find_stack_files(checkout)
    sharing = {stack for stack, file in files.items() if stack != "local" and _host(file) == host}
    if left_out := sorted(sharing - {need.stack for need in needs}):
        raise RefusedError(
            f"{', '.join(left_out)} was not asked what it runs; give --needed for every stack that uses {host}"
        )
    digests = frozenset[str]().union(*(need.digests for need in needs))
    return Kept(stack="all", digests=digests, tags=frozenset[str]().union(*(need.tags for need in needs)))


def removable(
    held: Iterable[HeldManifest], needed: Kept, now: datetime, youngest: timedelta = YOUNG
) -> list[HeldManifest]:
    """What may go, oldest first; an image's signature goes with it, and not before."""
    everything = list(held)
    going = {manifest.digest: manifest for manifest in everything if _unused(manifest, needed, now, youngest)}
    kept_digests = {manifest.digest for manifest in everything} - set(going)
    found = [manifest for manifest in going.values() if not _signs(manifest) & kept_digests]
    return sorted(found, key=lambda manifest: manifest.updated)


def _unused(manifest: HeldManifest, needed: Kept, now: datetime, youngest: timedelta) -> bool:
    return (
        manifest.digest not in needed.digests
        and not any(f"{manifest.repository}:{tag}" in needed.tags for tag in manifest.tags)
        and not any(VERSION.fullmatch(tag) for tag in manifest.tags)
        and now - manifest.updated > youngest
    )


def _signs(manifest: HeldManifest) -> set[str]:
    """The digests that a manifest of cosign's is about, by its tags."""
    return {f"sha256:{match[1]}" for tag in manifest.tags if (match := SIGNATURE.match(tag))}


def _host(file: Path) -> str:
    """The registry that a stack file names."""
    registry = load_config(file)["slipway:registry"]
    return str(registry.get("host", f"{DIGITALOCEAN_REGISTRY}/{registry['name']}"))


def _path(repository: str) -> str:
    """A repository as DigitalOcean's API names it: without the registry's host and name."""
    return repository.rpartition("/")[2]
