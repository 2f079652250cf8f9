"""Taking a release's images from one stack's registry to another's, where each stack has an account of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from delivery.account.connection import SOURCE_TOKEN
from delivery.images.image_copy import ImageCopy
from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import MissingError, RefusedError
from delivery.stack.outputs import Outputs
from infra.source.registry_login import Login


@dataclass
class Transfer:
    """From the registry of a stack to the one of the next.

    Each registry is asked with a login from its own account's API: SOURCE_TOKEN's for the source, and the stack's own
    token's for the target. No login is on a command line or in a log.

    Attributes:
        say: reports what was copied.
    """

    source: StackRegistry
    target: StackRegistry
    say: Callable[[str], None] = print

    @property
    def needed(self) -> bool:
        """Whether there are two registries, or one that both stacks use."""
        return self.source.host != self.target.host

    @cached_property
    def source_login(self) -> Login:
        """Who may read the source.

        Raises:
            MissingError: no token for it, or one without the right.
            RefusedError, UnreachableError: see `StackRegistry.login`.
        """
        try:
            return self.source.login(SOURCE_TOKEN)
        except MissingError as error:
            raise MissingError(
                f"{error}; {SOURCE_TOKEN} reads {self.source.stack}'s registry {self.source.name!r}, which is in an "
                "account of its own: docs/production.md, column `promotion`"
            ) from error

    @cached_property
    def _target_login(self) -> Login:
        return self.target.login(write=True)

    @property
    def target_exists(self) -> bool:
        """Whether the target's account has the registry yet."""
        return self.target.find_login() is not None

    def find(self, staged: Outputs, wanted: Mapping[str, tuple[str, str]]) -> dict[str, Manifest]:
        """The images that will be copied; nothing is changed.

        Args:
            staged: what the source's stack runs.
            wanted: repository and tag of each service in the target.

        Raises:
            RefusedError: the source does not hold one, or another image has its tag in the target.
            MissingError, UnreachableError: a registry cannot be asked.
        """
        if missing := sorted(wanted.keys() - staged.services.keys()):
            raise RefusedError(
                f"{self.source.stack} runs no {', '.join(missing)}, which Pulumi.{self.target.stack}.yaml names: "
                f"add it to Pulumi.{self.source.stack}.yaml and deploy, or remove it; nothing was copied"
            )
        found = {
            name: self._from(service.image).manifest(service.digest) for name, service in staged.services.items()
        }
        gone = [staged.services[name].image for name, manifest in found.items() if manifest is None]
        if gone:
            raise RefusedError(
                f"{self.source.stack}'s registry does not hold {', '.join(gone)}, which it runs: nothing was copied"
            )
        images = {name: manifest for name, manifest in found.items() if manifest is not None and name in wanted}
        if self.target_exists:
            for name, manifest in images.items():
                repository, tag = wanted[name]
                ImageRepository(repository, self._target_login).refuse_other(manifest, tag)
        return images

    def copy(self, images: Mapping[str, Manifest], wanted: Mapping[str, tuple[str, str]], staged: Outputs) -> None:
        """Copy the images with their signatures, by digest; each gets its tag last.

        Raises:
            RefusedError, DeliveryError, MissingError, UnreachableError: see `ImageCopy.copy`. The same promotion run
                again continues where it stopped.
        """
        for name, manifest in images.items():
            repository, tag = wanted[name]
            copy = ImageCopy(self._from(staged.services[name].image), ImageRepository(repository, self._target_login))
            copy.copy(manifest.digest, tag)
            self.say(
                f"{name}: {self.target.host} holds {manifest.digest} "
                f"({len(copy.copied)} manifests, {copy.blobs} blobs that it did not have)"
            )

    def _from(self, image: str) -> ImageRepository:
        return ImageRepository(image.partition("@")[0], self.source_login)
