"""Whether a release can run again: each of its services needs its image, and nobody builds an old one."""

from __future__ import annotations

import os

from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import RefusedError, UnreachableError
from delivery.stack.pulumi_stack import PulumiStack
from infra.source.registry_login import TOKENS, Login
from infra.source.release import Release, ReleaseError


def references(stack: PulumiStack, release: str) -> dict[str, tuple[str, str]]:
    """Each service's repository and tag at a release, by the release's own stack file.

    Raises:
        MissingError: the stack file cannot be read.
        RefusedError: the release has no such service.
    """
    config = stack.configuration(release)
    host = config["slipway:registry"]["host"]
    at = Release(release, folder=stack.checkout)
    try:
        tags = {
            name: at.of(name, service["folder"], service.get("shares", ())).tag
            for name, service in config["slipway:services"].items()
        }
    except ReleaseError as error:
        raise RefusedError(str(error)) from error
    return {name: (f"{host}/{name}", tag) for name, tag in tags.items()}


def login(stack: PulumiStack, release: str, *, write: bool = False) -> Login | None:
    """Who may ask the stack's registry; None: whom Docker's own configuration names.

    Args:
        write: whether to push, too.

    Raises:
        MissingError: the token lacks the right.
    """
    if not any(map(os.environ.get, TOKENS)):
        return None
    try:
        return StackRegistry.of(stack.name, stack.configuration(release)).find_login(write=write)
    except UnreachableError:
        return None  # the registry may answer all the same


def choice(stack: PulumiStack, release: str) -> str:
    """What `slipway:images` must say so that what the registry holds is never built again.

    A build of an old commit on a new machine would be another image under the same tag, and restart its service.

    Raises:
        MissingError, RefusedError, UnreachableError: as for `manifests`.
    """
    own = str(stack.configuration(release)["slipway:images"])
    if own.partition(":")[0] != "build":
        return own
    held = _held(stack, release, references(stack, release))
    absent = [name for name, manifest in held.items() if manifest is None]
    return f"build:{','.join(sorted(absent))}" if absent else "registry"


def manifests(stack: PulumiStack, release: str) -> dict[str, Manifest]:
    """Each service's image at a release.

    Raises:
        RefusedError: at least one is not in the registry any more, or never was; the text names them all.
        MissingError, UnreachableError: the registry cannot be asked.
    """
    wanted = references(stack, release)
    held = _held(stack, release, wanted)
    gone = [f"{wanted[name][0]}:{wanted[name][1]}" for name, manifest in held.items() if manifest is None]
    if gone:
        raise RefusedError(f"release {release[:12]} cannot run: the registry does not hold {', '.join(gone)}")
    return {name: manifest for name, manifest in held.items() if manifest is not None}


def _held(stack: PulumiStack, release: str, wanted: dict[str, tuple[str, str]]) -> dict[str, Manifest | None]:
    """What the registry holds under each service's tag."""
    reader = login(stack, release)
    return {name: ImageRepository(repository, reader).manifest(tag) for name, (repository, tag) in wanted.items()}
