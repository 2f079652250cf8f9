"""Whether a release can run again: each of its services needs its image, and nobody builds an old one."""

from __future__ import annotations

import os
from dataclasses import dataclass

from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import DeliveryError, RefusedError, UnreachableError
from delivery.stack.pulumi_stack import PulumiStack
from infra.source.registry_login import TOKENS, Login
from infra.source.release import Release, ReleaseError


@dataclass(frozen=True)
class References:
    """Where the images of a release are.

    Attributes:
        images: each service's repository and tag.
        problems: why those of a service, or of all, are not known.
    """

    images: dict[str, tuple[str, str]]
    problems: list[str]


def references(stack: PulumiStack, release: str) -> dict[str, tuple[str, str]]:
    """Each service's repository and tag at a release, by the release's own stack file.

    Raises:
        RefusedError: the stack file cannot be read, or names a service that the release does not have.
    """
    found = find_references(stack, release)
    if found.problems:
        raise RefusedError(f"release {release[:12]} cannot run on {stack.name}: {'; '.join(found.problems)}")
    return found.images


def find_references(stack: PulumiStack, release: str) -> References:
    """The same as far as it is known: an older release may have had a stack file with other keys."""
    try:
        config = stack.configuration(release)
        host, services = str(config["slipway:registry"]["host"]), dict(config["slipway:services"])
        at = Release(release, folder=stack.checkout)
    except (DeliveryError, ReleaseError) as error:
        return References({}, [str(error)])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return References({}, [f"{stack.settings_file.name} has another form there: {error!r}"])
    found = References({}, [])
    for name, service in services.items():
        try:
            tag = at.of(name, service["folder"], service.get("shares") or ()).tag
        except ReleaseError as error:
            found.problems.append(str(error))
        except (LookupError, TypeError, AttributeError) as error:
            found.problems.append(f"{stack.settings_file.name}: service {name!r} has another form there: {error!r}")
        else:
            found.images[name] = (f"{host}/{name}", tag)
    return found


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


def choice(stack: PulumiStack, release: str, *, first: bool = False) -> str:
    """What `slipway:images` must say so that what the registry holds is never built again.

    A build of an old commit on a new machine would be another image under the same tag, and restart its service.

    Args:
        first: whether the stack runs nothing yet. Its registry may not exist either: the update creates it.

    Raises:
        MissingError, RefusedError, UnreachableError: as for `manifests`.
    """
    own = str(stack.configuration(release)["slipway:images"])
    if own.partition(":")[0] != "build":
        return own
    if first and _lacks_registry(stack, release):
        return own
    found = _find_manifests(stack, release, references(stack, release))
    absent = [name for name, manifest in found.items() if manifest is None]
    return f"build:{','.join(sorted(absent))}" if absent else "registry"


def _lacks_registry(stack: PulumiStack, release: str) -> bool:
    """Whether the account says that there is no registry; not where no token asks it, or it does not answer."""
    if not any(map(os.environ.get, TOKENS)):
        return False
    registry = StackRegistry.of(stack.name, stack.configuration(release))
    try:
        return registry.owned and not registry.exists()
    except UnreachableError:
        return False


def manifests(stack: PulumiStack, release: str) -> dict[str, Manifest]:
    """Each service's image at a release.

    Raises:
        RefusedError: at least one is not in the registry any more, or never was; the text names them all.
        MissingError, UnreachableError: the registry cannot be asked.
    """
    return read_manifests(stack, release, references(stack, release))


def read_manifests(stack: PulumiStack, release: str, wanted: dict[str, tuple[str, str]]) -> dict[str, Manifest]:
    """The same where the release's references are known.

    Args:
        wanted: as `references` returns them.

    Raises:
        RefusedError, MissingError, UnreachableError: as for `manifests`.
    """
    found = _find_manifests(stack, release, wanted)
    gone = [f"{wanted[name][0]}:{wanted[name][1]}" for name, manifest in found.items() if manifest is None]
    if gone:
        raise RefusedError(f"release {release[:12]} cannot run: the registry does not hold {', '.join(gone)}")
    return {name: manifest for name, manifest in found.items() if manifest is not None}


def _find_manifests(
    stack: PulumiStack, release: str, wanted: dict[str, tuple[str, str]]
) -> dict[str, Manifest | None]:
    """What the registry holds under each service's tag."""
    reader = login(stack, release)
    return {name: ImageRepository(repository, reader).manifest(tag) for name, (repository, tag) in wanted.items()}
