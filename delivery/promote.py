"""Taking to production what staging runs: the same digests, under a version; nothing is built.

Where the two stacks have a registry each, the images are copied first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from delivery.deploy import Deployment
from delivery.images import release_images
from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from delivery.images.transfer import Transfer
from delivery.outcome import DeliveryError, RefusedError
from delivery.provenance import signatures
from delivery.stack.history import VERSION, find_version
from delivery.stack.hold import refuse_restricted
from delivery.stack.outputs import Outputs
from delivery.update import Verify
from infra.source.registry_login import Login


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """From what one stack runs, by the way of its registry, to the next one.

    Attributes:
        source: name of the stack that ran it first.
        staged: what that stack runs; None when nothing.
        transfer: between the registries of the two stacks.
        signed_by: `owner/name` of the repository whose deploy workflow must have signed the images; None: signatures
            are not verified.
    """

    source: str
    staged: Outputs | None
    target: Deployment
    transfer: Transfer
    signed_by: str | None = None

    def promote(self, release: str, version: str | None) -> Outputs | None:
        """Have the target run what the source runs; None when the target runs a newer one.

        Args:
            release: its commit, whole.
            version: the tag that its images get; the release's own tag when not given.

        Raises:
            HeldError: the target is frozen, or held and the promotion automatic.
            RefusedError: the source runs another release, or a registry holds other images than the source runs.
            MissingError, UnreachableError: a registry cannot be asked, or an image cannot be copied.
            DeliveryError, RolledBackError: see `Deployment.deploy`.
        """
        refuse_restricted(self.target.stack, automatic=self.target.automatic)
        staged = self._require_staged(release)
        version = version or find_version(release, self.target.stack.checkout)
        if version is not None and not VERSION.fullmatch(version):
            raise RefusedError(f"{version!r} is no version; write one such as v1.2.0")
        if self.transfer.needed:
            self._transfer(release, staged)
        else:
            self._refuse_unsigned(staged, None)
        manifests = self._find_manifests(release, staged)
        repositories = self._list_repositories(release)
        if version is not None:
            for name, manifest in manifests.items():
                repositories[name].refuse_other(manifest, version)
        outputs = replace(self.target, verify=self._verify(staged)).deploy(release, why="promote", built=True)
        if outputs is not None and version is not None:
            for name, manifest in manifests.items():
                self._tag(repositories[name], manifest, version)
        return outputs

    def _find_manifests(self, release: str, staged: Outputs) -> dict[str, Manifest]:
        """The images in the target's registry, which are those that the source runs."""
        manifests = release_images.manifests(self.target.stack, release)
        manifests = {name: manifest for name, manifest in manifests.items() if name in staged.services}
        for name, manifest in manifests.items():
            if manifest.digest != (runs := staged.services[name].digest):
                raise RefusedError(f"{name}: {self.source} runs {runs}, the registry {manifest.digest}")
        return manifests

    def _transfer(self, release: str, staged: Outputs) -> None:
        """Copy the images; what can be refused is refused before anything is changed."""
        wanted = release_images.references(self.target.stack, release)
        images = self.transfer.find(staged, wanted)
        self._refuse_unsigned(staged, self.transfer.source_login)
        if not self.transfer.target_exists:
            self.target.create_registry(release)
        self.transfer.copy(images, wanted, staged)

    def _refuse_unsigned(self, staged: Outputs, login: Login | None) -> None:
        if self.signed_by is None:
            return
        for name, service in staged.services.items():
            signatures.refuse_unsigned(name, service.image, self.signed_by, login)

    def _verify(self, staged: Outputs) -> Verify:
        """Also that the digests are those that the source ran: another one is rolled back like any failure."""

        def verify(outputs: Outputs) -> None:
            # After an automatic rollback, staging's digests are not expected.
            services = outputs.services if outputs.release == staged.release else {}
            for name, service in services.items():
                if (expected := staged.services.get(name)) and service.digest != expected.digest:
                    raise DeliveryError(f"{name}: runs {service.digest}, and {self.source} {expected.digest}")
            self.target.verify(outputs)

        return verify

    def _list_repositories(self, release: str) -> dict[str, ImageRepository]:
        """Each service's repository in the target's registry, where tags may be written."""
        stack = self.target.stack
        login = release_images.login(stack, release, write=True)
        return {
            name: ImageRepository(each, login)
            for name, (each, _) in release_images.references(stack, release).items()
        }

    def _tag(self, repository: ImageRepository, manifest: Manifest, version: str) -> None:
        """Add the version as a tag. The release runs by then: a registry that refuses now does not undo it."""
        try:
            repository.tag(manifest, version)
        except Exception as error:  # noqa: BLE001 - production was changed: nothing may end it in a traceback
            self.target.say(f"warning: {version} is not a tag yet, the same promotion run again makes it: {error}")

    def _require_staged(self, release: str) -> Outputs:
        if self.staged is None or self.staged.release != release:
            runs = self.staged.release[:12] if self.staged else "nothing"
            raise RefusedError(
                f"{self.source} runs {runs}, not {release[:12]}: only what it runs can be promoted; "
                f"deploy {release[:12]} to {self.source} first, or promote what it runs"
            )
        return self.staged
