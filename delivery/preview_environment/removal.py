"""Removing preview environments, and what is left of them afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from delivery.account.digitalocean import DigitalOcean, StoredManifest
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import DeliveryError
from delivery.preview_environment.cluster import EnvironmentCluster
from delivery.preview_environment.stack import EnvironmentStack
from delivery.stack.pulumi_cli import PulumiError
from infra.config.preview_environment import STACK_PREFIX


@dataclass(frozen=True)
class Found:
    """What exists of the environment of a pull request.

    Attributes:
        updated: when its stack was last updated; None: never, or there is no stack.
        images: manifests in the registry that no release has a tag of.
    """

    number: int
    has_stack: bool
    updated: datetime | None
    has_namespace: bool
    created: datetime | None
    volumes: tuple[str, ...]
    images: tuple[StoredManifest, ...]

    @property
    def name(self) -> str:
        return f"{STACK_PREFIX}{self.number}"

    @property
    def since(self) -> datetime | None:
        """When it was last changed, as far as is known."""
        return self.updated or self.created

    def list_parts(self) -> list[str]:
        """What there is, each in words."""
        return [
            *(["the stack"] if self.has_stack else []),
            *(["the namespace"] if self.has_namespace else []),
            *(f"the volume {volume}" for volume in self.volumes),
            *(f"the image {image.repository}@{image.digest}" for image in self.images),
        ]


def find_environments(
    stacks: dict[int, datetime | None], cluster: EnvironmentCluster, images: Iterable[StoredManifest]
) -> list[Found]:
    """Everything that exists of any environment, by pull request: parts that others lack are found, too.

    Args:
        stacks: see `delivery.preview_environment.stack.list_stacks`.
        images: everything in the registry.
    """
    namespaces, volumes = cluster.namespaces(), cluster.volumes()
    own: dict[int, list[StoredManifest]] = {}
    for image in images:
        if (number := find_owner(image)) is not None:
            own.setdefault(number, []).append(image)
    return [
        Found(
            number=number,
            has_stack=number in stacks,
            updated=stacks.get(number),
            has_namespace=number in namespaces,
            created=namespaces.get(number),
            volumes=tuple(volumes.get(number, ())),
            images=tuple(own.get(number, ())),
        )
        for number in sorted({*stacks, *namespaces, *volumes, *own})
    ]


def find_owner(image: StoredManifest) -> int | None:
    """The pull request whose environment an image is for; None where a release or another one has it, too."""
    owners = {_parse_tag(tag) for tag in image.tags}
    return owners.pop() if len(owners) == 1 else None


def _parse_tag(tag: str) -> int | None:
    number, dash, rest = tag.removeprefix(STACK_PREFIX).partition("-")
    is_own = tag.startswith(STACK_PREFIX) and dash and rest and number.isascii() and number.isdigit()
    return int(number) if is_own else None


def describe_reason(found: Found, *, is_open: bool, now: datetime, oldest: timedelta) -> str | None:
    """Why an environment is to be removed; None: it stays.

    Args:
        is_open: whether its pull request is.
        oldest: how long after its last update it stays.
    """
    if not is_open:
        return "its pull request is closed"
    if found.since is not None and now - found.since > oldest:
        return f"its last update was {(now - found.since).days} days ago"
    return None


def remove(
    found: Found,
    stack: EnvironmentStack,
    cluster: EnvironmentCluster,
    registry: StackRegistry,
    say: Callable[[str], None],
) -> list[str]:
    """Remove an environment; returns what could not be removed, each in words with the reason.

    A stack that cannot be destroyed, as its credential, its cluster or its passphrase is gone, is forgotten once its
    namespace is gone: everything of an environment is in that. One that somebody works on stays as it is.
    """
    left: list[str] = []

    def attempt(part: str, action: Callable[[], None]) -> None:
        try:
            action()
        except DeliveryError as error:
            left.append(f"{found.name}: {part}: {error}")
        else:
            say(f"{found.name}: {part} removed")

    failure = None
    if found.has_stack:
        try:
            stack.destroy()
        except PulumiError as error:
            failure = error
            say(f"{found.name}: the stack cannot be destroyed, so its namespace is deleted: {error}")
        except DeliveryError as error:
            return [f"{found.name}: the stack: {error}"]
        else:
            say(f"{found.name}: the stack removed")
    if found.has_namespace or found.volumes or failure:
        attempt("the namespace", lambda: _delete_namespace(found, cluster))
    if failure and left:  # it still knows what is in the namespace, and the pods need their images
        return [*left, f"{found.name}: the stack: {failure}"]
    if failure:
        attempt("the stack", stack.forget)
    for image in found.images:
        attempt(f"the image {image.repository}@{image.digest}", partial(_delete_image, registry, image))
    return left


def _delete_namespace(found: Found, cluster: EnvironmentCluster) -> None:
    cluster.delete_namespace(found.number)
    if not cluster.wait_gone(found.number):
        volumes = cluster.volumes().get(found.number, [])
        rest = f"its volumes {', '.join(volumes)}" if volumes else "the namespace"
        raise DeliveryError(f"{rest} did not go; docs/runbook.md, 'A preview environment that is not removed'")


def _delete_image(registry: StackRegistry, image: StoredManifest) -> None:
    with DigitalOcean(endpoint=registry.endpoint) as account:
        account.delete_manifest(registry.name, image)
