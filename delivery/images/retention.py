"""Which images may be deleted: none that a stack needs, that has a version, that is young, or that belongs to one.

Images refer to each other: an index to the images of its platforms and their attestations, a signature, an SBOM or a
bundle of cosign to the image that it is about, by its `subject` or by a tag made of that image's digest. What is
connected with an image that stays, in either direction and over any number of steps, stays too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from delivery.account.digitalocean import StoredManifest
from delivery.images.manifest import REFERRER_TAG, Manifest
from delivery.images.needs import Needs
from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, RefusedError
from delivery.stack.history import VERSION

# `slipway preview-environment sweep` deletes these, with the environment of the pull request.
ENVIRONMENTS_OWN = re.compile(r"pr-\d+-")
YOUNG = timedelta(days=30)  # a build that no stack has taken yet, and may
READERS = 8  # manifests that are read at once
Links = Mapping[str, Collection[str]]


def find_unused(
    stored: Iterable[StoredManifest],
    needs: Needs,
    repositories: Mapping[str, ImageRepository],
    now: datetime,
    youngest: timedelta = YOUNG,
) -> list[StoredManifest]:
    """What may be deleted, those with a tag first, then by age: what is interrupted leaves nothing half there.

    Args:
        stored: everything in the registry, as DigitalOcean's API lists it.
        needs: of all stacks that use the registry.
        repositories: by the API's names, to read manifests from.

    Raises:
        RefusedError: a manifest, or an image that runs, cannot be read: nothing is known to be unused.
    """
    by_repository: dict[str, list[StoredManifest]] = {}
    for manifest in stored:
        by_repository.setdefault(manifest.repository, []).append(manifest)
    listed = {manifest.digest for each in by_repository.values() for manifest in each}
    if missing := sorted(needs.digests - listed):
        raise RefusedError(
            f"{', '.join(missing)} runs, and the registry does not list it: nothing is known to be unused"
        )
    unused: list[StoredManifest] = []
    for name, manifests in by_repository.items():
        stays = {each.digest for each in manifests if _stays(each, needs, now, youngest)}
        if len(stays) == len({each.digest for each in manifests}):
            continue
        connected = find_connected(stays, read_links(repositories[name], manifests))
        unused += [manifest for manifest in manifests if manifest.digest not in connected]
    return sorted(unused, key=lambda manifest: (not manifest.tags, manifest.updated))


def read_links(repository: ImageRepository, stored: Collection[StoredManifest]) -> dict[str, set[str]]:
    """Which manifests of a repository refer to each other, in both directions.

    Raises:
        RefusedError: one cannot be read.
    """
    links: dict[str, set[str]] = {}

    def link(one: str, other: str) -> None:
        links.setdefault(one, set()).add(other)
        links.setdefault(other, set()).add(one)

    for entry in stored:
        for tag in entry.tags:
            if match := REFERRER_TAG.fullmatch(tag):
                link(entry.digest, f"sha256:{match['digest']}")
    with ThreadPoolExecutor(READERS) as pool:
        digests = list(dict.fromkeys(entry.digest for entry in stored))
        for manifest in pool.map(lambda digest: _read(repository, digest), digests):
            for other in (*manifest.children, *([manifest.subject] if manifest.subject else ())):
                link(manifest.digest, other)
    return links


def find_connected(start: Iterable[str], links: Links) -> set[str]:
    """Everything that is connected with the start, which is part of it."""
    found, ahead = set(start), list(start)
    while ahead:
        following = set(links.get(ahead.pop(), ())) - found
        found |= following
        ahead += following
    return found


def _stays(manifest: StoredManifest, needs: Needs, now: datetime, youngest: timedelta) -> bool:
    """Whether a manifest stays by itself, whatever it is connected with."""
    return (
        manifest.digest in needs.digests | needs.recorded
        or any(f"{manifest.repository}:{tag}" in needs.tags for tag in manifest.tags)
        or any(VERSION.fullmatch(tag) or ENVIRONMENTS_OWN.match(tag) for tag in manifest.tags)
        or now - manifest.updated <= youngest
    )


def _read(repository: ImageRepository, digest: str) -> Manifest:
    try:
        manifest = repository.manifest(digest)
    except DeliveryError as error:
        raise RefusedError(f"{error}; what it refers to is not known, so nothing is known to be unused") from error
    if manifest is None:
        raise RefusedError(
            f"DigitalOcean lists {repository.name}@{digest}, and the registry does not hold it: nothing is known to "
            "be unused; if it is broken, delete it with `doctl registry repository delete-manifest`"
        )
    return manifest
