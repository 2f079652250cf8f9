"""Whether a release would run with the images that it ran with: a tag can be moved, a digest cannot."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.images.manifest import Manifest
from delivery.outcome import DeliveryError, RefusedError
from delivery.stack.outputs import Outputs
from infra.runbook import describe_entry


class MovedTagError(RefusedError):
    """The registry holds another image under a release's tag than the one that ran."""


def refuse_moved_tags(release: str, manifests: Mapping[str, Manifest], recorded: Mapping[str, str]) -> None:
    """Refuse a release whose images are others than those that it ran with.

    Args:
        release: its commit.
        manifests: what the registry holds under its tags, by service.
        recorded: the digests that it ran with; a service that is not in there is not compared.

    Raises:
        MovedTagError: at least one is; the text has both digests of each.
    """
    moved = [
        f"{name} ran with {recorded[name]}, and the registry holds {manifest.digest}"
        for name, manifest in sorted(manifests.items())
        if name in recorded and recorded[name] != manifest.digest
    ]
    if moved:
        raise MovedTagError(
            f"release {release[:12]} cannot run as it ran, as a tag was moved: {'; '.join(moved)}; "
            f"{describe_entry('Moved tag')}"
        )


def check_digests(outputs: Outputs, expected: Mapping[str, str]) -> None:
    """Check that what runs are the expected images.

    Raises:
        DeliveryError: one is another.
    """
    for name, service in outputs.services.items():
        if name in expected and service.digest != expected[name]:
            raise DeliveryError(f"{name}: runs {service.digest}, and {expected[name]} was to run")
