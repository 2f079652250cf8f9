"""Write images to files, as OCI image layouts: what reads them needs no login to a registry.

A folder with `oci-layout`, `index.json`, and every manifest and blob by its digest:
https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from delivery.images.manifest import OCI_INDEX, Manifest
from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, MissingError


def export_image(repository: ImageRepository, digest: str, folder: Path) -> list[str]:
    """Write an image, with the images of an index, to a folder as an OCI image layout.

    Args:
        digest: of its manifest: `sha256:…`.
        folder: made if it does not exist.

    Returns:
        The digests of the configurations in it, which scanners call the image's id: one, or one for each platform.

    Raises:
        MissingError: the registry does not hold all of it.
        DeliveryError: as for the methods of `ImageRepository`.
    """
    manifests = list(_write_manifests(repository, digest, folder))
    entry = {"mediaType": manifests[0].media_type, "digest": digest, "size": len(manifests[0].text.encode())}
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    return [manifest.config for manifest in manifests if manifest.config is not None]


def _write_manifests(repository: ImageRepository, digest: str, folder: Path) -> Iterator[Manifest]:
    """Write a manifest and everything that it lists; yields it, then those it lists."""
    if (manifest := repository.manifest(digest)) is None:
        raise MissingError(f"{repository.name} does not hold {digest}, which runs; docs/runbook.md, 'Lost registry'")
    _path(folder, digest).parent.mkdir(parents=True, exist_ok=True)
    _path(folder, digest).write_bytes(manifest.text.encode())
    for blob in manifest.blobs:
        target = _path(folder, blob)
        if not target.exists():
            repository.download_blob(blob, target)
    yield manifest
    for child in manifest.children:
        yield from _write_manifests(repository, child, folder)


def _path(folder: Path, digest: str) -> Path:
    """Where a layout holds what a digest names."""
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or not value.isalnum():
        raise DeliveryError(f"{digest!r} is no digest")
    return folder / "blobs" / algorithm / value
