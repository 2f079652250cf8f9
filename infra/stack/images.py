"""Which images exist, and which are built in this update."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.components.image import Image, ImageArgs
from infra.components.registry import Registry
from infra.components.shared_cluster import SharedRegistry
from infra.config.schema import StackSettings
from infra.config.service import Service as ServiceSettings
from infra.source.build_context import export_context
from infra.source.image_digest import find_held_digests, look_up_digests
from infra.source.registry_login import Login, request_login
from infra.source.release import Release, ServiceRelease
from infra.stack.stack import Stack


@dataclass(frozen=True, kw_only=True)
class Images:
    """Where each service's image comes from.

    Attributes:
        releases: each service's own commit.
        digests: of the images that need no build.
    """

    settings: StackSettings
    releases: dict[str, ServiceRelease]
    digests: dict[str, pulumi.Input[str]]

    @property
    def build(self) -> list[str]:
        """The services whose images are to be built."""
        return sorted(self.releases.keys() - self.digests.keys())

    def describe(self) -> str:
        """Return a text that changes with the commit of any service: what a job of each release is run for."""
        return " ".join(f"{name}={release.tag}" for name, release in sorted(self.releases.items()))

    def repository(self, service: str) -> str:
        """Where a service's images are: `registry.digitalocean.com/acme/backend`."""
        return repository_of(self.settings, service)


def resolve_images(stack: Stack, release: Release) -> Images:
    """Find out which images exist, and which are to be built."""
    settings, state = stack.settings, stack.state
    releases = {name: release.of(name, service.folder, service.shares) for name, service in settings.services.items()}
    if settings.pull_request is not None and settings.pull_request.digests:
        return Images(settings=settings, releases=releases, digests=dict(settings.pull_request.digests))
    repositories = {name: repository_of(settings, name) for name in releases}
    built = {name: each for name, each in releases.items() if settings.builds(name)}
    looked_up = {name: each for name, each in releases.items() if name not in built}
    there = state.has_registry(settings.registry.name) or not settings.registry.owned
    login = request_lookup_login(settings) if there else None
    digests = look_up_digests(looked_up, repositories, login, registry_exists=there)
    if there:
        digests |= find_held_digests(built, repositories, state, login)
    return Images(settings=settings, releases=releases, digests=digests)


def repository_of(settings: StackSettings, service: str) -> str:
    """Where a service's images are."""
    return f"{settings.registry.host}/{service}"


def request_lookup_login(settings: StackSettings) -> Login | None:
    """A login that may ask the registry; None: the one of Docker's own configuration."""
    return request_login(settings.registry.name, settings.registry.server)


def declare_image(wanted: ServiceSettings, registry: Registry | SharedRegistry, images: Images) -> pulumi.Input[str]:
    """The digest of a service's image, which is declared here where it is to be built."""
    name = wanted.name
    if name in images.digests or registry.push_login is None:
        return images.digests[name]
    return Image(
        f"{name}-image",
        ImageArgs(
            repository=images.repository(name),
            release=images.releases[name],
            context=export_context(images.releases[name]),
            build_args=wanted.build_args,
            server=registry.server,
            login=registry.push_login,
            registry=registry.resource,
        ),
    ).digest
