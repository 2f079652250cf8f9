"""Taking to production what staging runs: the same digests, under a version; nothing is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from delivery import images
from delivery.deploy import Deployment
from delivery.history import VERSION, version_of
from delivery.outcome import DeliveryError, Refused
from delivery.pulumi_stack import Outputs
from delivery.registry import Repository


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """From what one stack runs, by the way of its registry, to the next one.

    Attributes:
        source: name of the stack that ran it first.
        staged: what that stack runs; None when nothing.
        trouble: why an image, by its digest, is not to be believed; None when it is.
    """

    source: str
    staged: Outputs | None
    target: Deployment
    trouble: Callable[[str], str | None] = lambda _: None

    def promote(self, release: str, version: str | None) -> Outputs | None:
        """Have the target run what the source runs; None when the target runs a newer one.

        Args:
            release: its commit, whole.
            version: the tag that its images get; the release's own tag when not given.

        Raises:
            Refused: the source runs another release, or the registry holds other images than the source runs.
            DeliveryError, Returned: see `Deployment.put`.
        """
        staged = self._staged(release)
        version = version or version_of(release, self.target.stack.checkout)
        if version is not None and not VERSION.fullmatch(version):
            raise Refused(f"{version!r} is no version; write one such as v1.2.0")
        held = images.manifests(self.target.stack, release)
        for name, service in staged.services.items():
            if name in held and held[name].digest != service.digest:
                raise Refused(f"{name}: {self.source} runs {service.digest}, the registry {held[name].digest}")
            if problem := self.trouble(service.image):
                raise Refused(f"{name}: {service.image} is not signed by this repository's deploy: {problem}")
        outputs = self.target.put(release, why="promote", built=True)
        if outputs is None:
            return None
        for name, service in outputs.services.items():
            if (expected := staged.services.get(name)) and service.digest != expected.digest:
                raise DeliveryError(f"{name}: runs {service.digest}, and {self.source} {expected.digest}")
            if version is not None:
                Repository(service.image.partition("@")[0]).tag(held[name], version)
        return outputs

    def _staged(self, release: str) -> Outputs:
        if self.staged is None or self.staged.release != release:
            runs = self.staged.release[:12] if self.staged else "nothing"
            raise Refused(
                f"{self.source} runs {runs}, not {release[:12]}: only what it runs can be promoted; "
                f"deploy {release[:12]} to {self.source} first, or promote what it runs"
            )
        return self.staged
