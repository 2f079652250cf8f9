"""What a scanner gets: the images that run, as files, from a real registry."""

from __future__ import annotations

import json

import pytest

from delivery.images.layout import export_image
from delivery.outcome import DeliveryError, MissingError
from tests.delivery.images.test_image_copy import digest_of, staging  # noqa: F401 - a fixture


def files(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_an_image_is_written_with_everything_that_it_lists(staging, tmp_path):  # noqa: F811
    digest = staging.image("backend", "latest")["digest"]
    configs = export_image(staging.backend, digest, tmp_path / "backend")
    found = files(tmp_path / "backend")
    assert json.loads(found["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    [entry] = json.loads(found["index.json"])["manifests"]
    assert (entry["digest"], entry["size"]) == (digest, len(found[f"blobs/sha256/{digest[7:]}"]))
    blobs = {name: content for name, content in found.items() if name.startswith("blobs/")}
    assert len(blobs) == 5
    assert [f"blobs/sha256/{config[7:]}" in blobs for config in configs] == [True]
    assert all(digest_of(content) == f"sha256:{name.rpartition('/')[2]}" for name, content in blobs.items())


def test_an_index_is_written_with_its_children(staging, tmp_path):  # noqa: F811
    children = [staging.image("backend amd64"), staging.image("backend arm64")]
    digest = staging.index("latest", *children)["digest"]
    configs = export_image(staging.backend, digest, tmp_path)
    found = files(tmp_path)
    assert {f"blobs/sha256/{each['digest'][7:]}" for each in children} <= set(found)
    assert len(configs) == 2


def test_an_image_that_is_gone_is_refused(staging, tmp_path):  # noqa: F811
    with pytest.raises(MissingError, match="does not hold sha256:"):
        export_image(staging.backend, "sha256:" + "0" * 64, tmp_path / "backend")
    assert not (tmp_path / "backend/index.json").exists()


def test_a_blob_that_holds_something_else_is_refused(staging, tmp_path):  # noqa: F811
    digest = staging.image("backend")["digest"]
    layer = staging.backend.manifest(digest).blobs[-1].removeprefix("sha256:")
    [data] = staging.storage.rglob(f"{layer}/data")
    data.write_bytes(b"something else")
    with pytest.raises(DeliveryError, match="cannot be trusted"):
        export_image(staging.backend, digest, tmp_path)
    assert not (tmp_path / f"blobs/sha256/{layer}").exists()
