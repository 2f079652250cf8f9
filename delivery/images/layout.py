"""Write images to files, as OCI image layouts: what reads them needs no login to a registry.

A folder with `oci-layout`, `index.json`, and every manifest and blob by its digest:
https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from delivery.images.manifest import Manifest
from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, MissingError

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"


def export_image(repository: ImageRepository, digest: str, folder: Path) -> None:
    """Write an image, with the images of an index, to a folder as an OCI image layout.

    Args:
        digest: of its manifest: `sha256:…`.
        folder: made if it does not exist.

    Raises:
        MissingError: the registry does not hold all of it.
        DeliveryError: as for the methods of `ImageRepository`.
    """
    manifest = _write_manifest(repository, digest, folder)
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX_TYPE,
        "manifests": [
            {"mediaType": manifest.media_type, "digest": digest, "size": len(manifest.text.encode())},
        ],
    }
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))


def read_digest(folder: Path) -> str:
    """Return the digest of the image that a layout holds, whose manifest is what the digest says.

    Raises:
        MissingError: the folder is not what `export_image` writes.
    """
    try:
        [entry] = json.loads((folder / "index.json").read_text())["manifests"]
        digest = str(entry["digest"])
        content = _path(folder, digest).read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingError(f"{folder} is not what `slipway images export` writes: {error!r}") from error
    if digest != "sha256:" + hashlib.sha256(content).hexdigest():
        raise MissingError(f"{folder}: the manifest {digest} holds something else; export it again")
    return digest


def _write_manifest(repository: ImageRepository, digest: str, folder: Path) -> Manifest:
    if (manifest := repository.manifest(digest)) is None:
        raise MissingError(f"{repository.name} does not hold {digest}, which runs; docs/runbook.md, 'Lost registry'")
    for child in manifest.children:
        _write_manifest(repository, child, folder)
    for blob in manifest.blobs:
        target = _path(folder, blob)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            repository.download_blob(blob, target)
    target = _path(folder, digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(manifest.text.encode())
    return manifest


def _path(folder: Path, digest: str) -> Path:
    """Where a layout holds what a digest names."""
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or not value.isalnum():
        raise DeliveryError(f"{digest!r} is no digest")
    return folder / "blobs" / algorithm / value
