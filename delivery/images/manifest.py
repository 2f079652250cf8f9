"""An image's manifest: what it lists, and what it refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from delivery.outcome import DeliveryError

SHOWN = 200  # characters of something else, in an error
# https://github.com/opencontainers/image-spec/blob/main/media-types.md
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
MEDIA_TYPES = (
    OCI_MANIFEST,
    OCI_INDEX,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
# https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
Digest = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$", max_length=200)]
# How clients name what belongs to an image: `.sig`, `.att` and `.sbom` of cosign, and without an ending the list of
# what refers to it (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema).
REFERRER_TAG = re.compile(r"sha256-(?P<digest>[0-9a-f]{64})(\..+)?")


class Descriptor(BaseModel):
    """A reference to a manifest or a blob."""

    digest: Digest


class Content(BaseModel):
    """What of a manifest or an index is read; every other key is left alone."""

    media_type: str | None = Field(None, alias="mediaType")
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    manifests: list[Descriptor] | None = None
    subject: Descriptor | None = None


@dataclass(frozen=True)
class Manifest:
    """A manifest or an index, byte for byte.

    Attributes:
        text: JSON as the registry holds it; its SHA-256 is the digest.
        content_type: what the registry says that it is.
    """

    digest: str
    text: str
    content_type: str | None = None

    @property
    def blobs(self) -> list[str]:
        """Digests of the configuration and the layers."""
        config = [self.content.config] if self.content.config else []
        return [part.digest for part in (*config, *(self.content.layers or ()))]

    @property
    def config(self) -> str | None:
        """Digest of the configuration, which scanners and Docker call the image's id; an index has none."""
        return self.content.config.digest if self.content.config else None

    @property
    def media_type(self) -> str:
        """The `mediaType`, which OCI manifests may omit: the registry's answer counts then, or else the content."""
        if self.content.media_type:
            return self.content.media_type
        if self.content_type in MEDIA_TYPES:
            return str(self.content_type)
        return OCI_MANIFEST if self.content.manifests is None else OCI_INDEX

    @property
    def children(self) -> list[str]:
        """Digests of the manifests that an index lists: one for each platform, and their attestations."""
        return [child.digest for child in self.content.manifests or ()]

    @property
    def subject(self) -> str | None:
        """Digest of the image that a signature, an attestation or an SBOM is about; None for any other manifest."""
        return self.content.subject.digest if self.content.subject else None

    @cached_property
    def content(self) -> Content:
        """The keys that are read.

        Raises:
            DeliveryError: the text is no manifest.
        """
        try:
            return Content.model_validate_json(self.text)
        except ValidationError as error:
            begin = " ".join(self.text[:SHOWN].split())
            raise DeliveryError(f"{self.digest} is no manifest of an image; it begins with {begin!r}") from error
