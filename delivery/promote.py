"""Taking to production what staging runs: the same digests, under a version; nothing is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from delivery import images
from delivery.deploy import Deployment, Verify
from delivery.history import VERSION, version_of
from delivery.outcome import DeliveryError, RefusedError
from delivery.pulumi_stack import Outputs
from delivery.registry import Manifest, Repository


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """From what one stack runs, by the way of its registry, to the next one.

    Attributes:
        source: name of the stack that ran it first.
        staged: what that stack runs; None when nothing.
        verify_image: returns why an image, by its digest, cannot be trusted; None when it can.
    """

    source: str
    staged: Outputs | None
    target: Deployment
    verify_image: Callable[[str], str | None] = lambda _: None

    def promote(self, release: str, version: str | None) -> Outputs | None:
        """Have the target run what the source runs; None when the target runs a newer one.

        Args:
            release: its commit, whole.
            version: the tag that its images get; the release's own tag when not given.

        Raises:
            RefusedError: the source runs another release, or the registry holds other images than the source runs.
            DeliveryError, RolledBackError: see `Deployment.deploy`.
        """
        staged = self._staged(release)
        version = version or version_of(release, self.target.stack.checkout)
        if version is not None and not VERSION.fullmatch(version):
            raise RefusedError(f"{version!r} is no version; write one such as v1.2.0")
        held = images.manifests(self.target.stack, release)
        held = {name: manifest for name, manifest in held.items() if name in staged.services}
        for name, service in staged.services.items():
            if name in held and held[name].digest != service.digest:
                raise RefusedError(f"{name}: {self.source} runs {service.digest}, the registry {held[name].digest}")
            if problem := self.verify_image(service.image):
                raise RefusedError(f"{name}: {service.image} is not signed by this repository's deploy: {problem}")
        if version is not None:
            for name, manifest in held.items():
                self._repository(staged, name).refuse_other(manifest, version)
        outputs = replace(self.target, verify=self._verify(staged)).deploy(release, why="promote", built=True)
        if outputs is not None and version is not None:
            for name, manifest in held.items():
                self._named(self._repository(staged, name), manifest, version)
        return outputs

    def _verify(self, staged: Outputs) -> Verify:
        """Also that the digests are those that the source ran: another one is rolled back like any failure."""

        def verify(outputs: Outputs) -> None:
            # When the release before returns, staging's digests are not expected.
            services = outputs.services if outputs.release == staged.release else {}
            for name, service in services.items():
                if (expected := staged.services.get(name)) and service.digest != expected.digest:
                    raise DeliveryError(f"{name}: runs {service.digest}, and {self.source} {expected.digest}")
            self.target.verify(outputs)

        return verify

    @staticmethod
    def _repository(staged: Outputs, name: str) -> Repository:
        return Repository(staged.services[name].image.partition("@")[0])

    def _named(self, repository: Repository, manifest: Manifest, version: str) -> None:
        """The version as a further tag. The release runs by then: a registry that refuses now does not undo it."""
        try:
            repository.tag(manifest, version)
        except DeliveryError as error:
            self.target.say(f"warning: {version} is not a tag yet, the same promotion run again makes it: {error}")

    def _staged(self, release: str) -> Outputs:
        if self.staged is None or self.staged.release != release:
            runs = self.staged.release[:12] if self.staged else "nothing"
            raise RefusedError(
                f"{self.source} runs {runs}, not {release[:12]}: only what it runs can be promoted; "
                f"deploy {release[:12]} to {self.source} first, or promote what it runs"
            )
        return self.staged
