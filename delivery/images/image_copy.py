"""Copying an image from one registry to another, so that it keeps its digest and its signatures.

Manifests and blobs are copied as they are. What refers to an image goes with it: cosign keeps signatures and
attestations under tags made of the image's digest (`sha256-<digest>.sig`), or as manifests with a `subject`, which a
registry lists, or else a tag without an ending. The image's own tag is written last, when the rest is there: an
interrupted copy leaves nothing that anybody would look up, and the next one continues where it stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from delivery.images.manifest import REFERRER_TAG, Manifest
from delivery.images.registry import ImageRepository
from delivery.outcome import RefusedError


@dataclass
class ImageCopy:
    """A copy from one repository to another.

    Attributes:
        copied: digests of the manifests that were copied, in that order.
        blobs: how many blobs the target did not have.
    """

    source: ImageRepository
    target: ImageRepository
    copied: list[str] = field(default_factory=list)
    blobs: int = 0

    def copy(self, digest: str, tag: str) -> None:
        """Copy an image, all that it lists and all that refers to it, and tag it.

        Raises:
            RefusedError: the source does not hold it whole, or the target's tag is another image.
            MissingError: a login without the right.
            UnreachableError: a registry does not answer.
            DeliveryError: what the source holds is not what its digest says.
        """
        image = self._copy_manifest(digest)
        tags = self.source.tags()
        for subject in self.copied:  # grows: a signature may be signed, too
            self._copy_referrers(subject, tags)
        self.target.tag(image, tag)

    def _copy_manifest(self, reference: str) -> Manifest:
        """What a manifest needs comes first: a registry refuses one whose parts it does not hold."""
        manifest = self.source.manifest(reference)
        if manifest is None:
            raise RefusedError(f"{self.source.name} does not hold {reference}")
        if manifest.digest in self.copied:
            return manifest
        for child in manifest.children:
            self._copy_manifest(child)
        self.blobs += self.target.take_blobs(manifest.blobs, self.source)
        self.target.write(manifest, manifest.digest)
        self.copied.append(manifest.digest)
        return manifest

    def _copy_referrers(self, subject: str, tags: list[str]) -> None:
        for referrer in self.source.referrers(subject):
            self._copy_manifest(referrer)
        for tag in tags:
            match = REFERRER_TAG.fullmatch(tag)
            if match and subject == f"sha256:{match['digest']}":
                self.target.write(self._copy_manifest(tag), tag)
