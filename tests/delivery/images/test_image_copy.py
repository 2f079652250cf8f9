"""Copying between two registries that are really two, each with a login of its own."""

from __future__ import annotations

import json

import pytest

from delivery.images.image_copy import ImageCopy
from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError
from tests.delivery.debian_registry import IMAGE, digest_of, serve
from tests.delivery.registry_server import Registry
from tests.delivery.served import served

TAG = "3f2a91c4d5e6"


@pytest.fixture
def staging(tmp_path):
    with serve(tmp_path / "staging", "staging") as made:
        yield made


@pytest.fixture
def prod(tmp_path):
    with serve(tmp_path / "prod", "prod") as made:
        yield made


def copy(staging, prod, digest, tag=TAG):
    made = ImageCopy(staging.backend, prod.backend)
    made.copy(digest, tag)
    return made


def test_an_image_keeps_its_digest_and_its_layers(staging, prod):
    digest = staging.image("backend", "latest")["digest"]
    copied = copy(staging, prod, digest)
    assert prod.backend.manifest(TAG).digest == digest
    assert prod.get(f"manifests/{TAG}") == staging.get(f"manifests/{digest}")
    for blob in prod.backend.manifest(digest).blobs:
        assert digest_of(prod.get(f"blobs/{blob}")) == blob
    assert (copied.copied, copied.blobs) == ([digest], 4)


def test_a_second_copy_finds_everything_there(staging, prod):
    digest = staging.image("backend")["digest"]
    copy(staging, prod, digest)
    assert copy(staging, prod, digest).blobs == 0


def test_an_index_comes_with_every_child(staging, prod):
    amd, arm = staging.image("backend amd64"), staging.image("backend arm64")
    index = staging.index("latest", amd, arm)["digest"]
    assert copy(staging, prod, index).copied == [amd["digest"], arm["digest"], index]
    assert prod.backend.manifest(TAG).children == [amd["digest"], arm["digest"]]
    for child in (amd, arm):
        assert prod.get(f"manifests/{child['digest']}") == staging.get(f"manifests/{child['digest']}")


def test_only_the_images_own_signatures_and_attestations_are_copied(staging, prod):
    image, other = staging.image("backend"), staging.image("another")
    mine, foreign = (each["digest"].replace(":", "-") for each in (image, other))
    staging.image("signature", f"{mine}.sig")
    staging.image("attestation", f"{mine}.att")
    bundle = staging.image("bundle", subject=image)  # how cosign signs where no registry lists what refers to it
    staging.index(mine, bundle)
    staging.image("signature of the other", f"{foreign}.sig")
    copy(staging, prod, image["digest"])
    assert sorted(prod.backend.tags()) == sorted([TAG, f"{mine}.sig", f"{mine}.att", mine])
    for reference in (f"{mine}.sig", f"{mine}.att", mine, bundle["digest"]):
        assert prod.get(f"manifests/{reference}") == staging.get(f"manifests/{reference}")


def test_what_a_registry_lists_as_referring_to_an_image_comes_too():
    """Debian's registry has no such list."""
    one, two = Registry(lists_referrers=True), Registry(lists_referrers=True)
    with served(one.app()) as here, served(two.app()) as there:
        image = one.push("acme/backend", "abc")
        signature = one.push("acme/backend", "s", json.dumps({"mediaType": IMAGE, "subject": {"digest": image}}))
        of_signature = one.push(
            "acme/backend", "t", json.dumps({"mediaType": IMAGE, "subject": {"digest": signature}})
        )
        hosts = (url.removeprefix("http://") for url in (here, there))
        copied = ImageCopy(*(ImageRepository(f"{host}/acme/backend") for host in hosts))
        copied.copy(image, TAG)
    assert copied.copied == [image, signature, of_signature]
    assert f"acme/backend:{of_signature}" in two.manifests


def test_a_signature_that_was_added_since_is_copied_the_next_time(staging, prod):
    image = staging.image("backend")["digest"]
    signature = f"{image.replace(':', '-')}.sig"
    staging.image("one signature", signature)
    copy(staging, prod, image)
    staging.image("two signatures", signature)
    copy(staging, prod, image)
    assert prod.get(f"manifests/{signature}") == staging.get(f"manifests/{signature}")


def test_an_interrupted_copy_leaves_no_tag_and_can_be_repeated(staging, prod, monkeypatch):
    image = staging.image("backend")["digest"]
    index = staging.index("", {"mediaType": IMAGE, "digest": image, "size": 1})["digest"]
    lost = staging.backend.manifest(image).blobs[-1]
    (data,) = staging.storage.glob(f"**/blobs/sha256/*/{lost.removeprefix('sha256:')}/data")
    whole = data.read_bytes()
    data.write_bytes(whole[:100])  # as when the connection ends in the middle of a layer
    with pytest.raises(DeliveryError):
        copy(staging, prod, index)
    assert prod.backend.tags() == []
    assert prod.backend.manifest(index) is None
    data.write_bytes(whole)
    assert copy(staging, prod, index).blobs == 1
    assert prod.backend.manifest(TAG).digest == index


def test_a_layer_that_differs_from_its_digest_is_not_copied(staging, prod):
    image = staging.image("backend")["digest"]
    blob = staging.backend.manifest(image).blobs[-1]
    (data,) = staging.storage.glob(f"**/blobs/sha256/*/{blob.removeprefix('sha256:')}/data")
    data.write_bytes(b"x" * len(data.read_bytes()))
    with pytest.raises(DeliveryError, match=f"{blob} holds something else: the registry cannot be trusted"):
        copy(staging, prod, image)
    assert prod.backend.tags() == []


def test_an_image_that_is_gone_is_named(staging, prod):
    with pytest.raises(RefusedError, match=f"{staging.backend.name} does not hold sha256:000"):
        copy(staging, prod, "sha256:" + "0" * 64)


def test_a_layer_that_is_gone_is_named(staging, prod):
    image = staging.image("backend")["digest"]
    blob = staging.backend.manifest(image).blobs[-1]
    (data,) = staging.storage.glob(f"**/blobs/sha256/*/{blob.removeprefix('sha256:')}/data")
    data.unlink()
    with pytest.raises(RefusedError, match=f"{staging.backend.name} does not hold {blob}"):
        copy(staging, prod, image)
    assert prod.backend.tags() == []


def test_a_tag_that_is_another_image_stays_it(staging, prod):
    there = prod.image("another", TAG)["digest"]
    with pytest.raises(RefusedError, match="is sha256:.* already"):
        copy(staging, prod, staging.image("backend")["digest"])
    assert prod.backend.manifest(TAG).digest == there


@pytest.mark.parametrize("wrong", ["staging", "prod"])
def test_each_registry_wants_its_own_login(staging, prod, wrong):
    """Both are on one host at DigitalOcean: a login for one says nothing of the other."""
    digest = staging.image("backend")["digest"]
    repositories = {"staging": staging.backend, "prod": prod.backend}
    name = repositories[wrong].name
    other = prod.login if wrong == "staging" else staging.login
    repositories[wrong] = ImageRepository(name, other)
    with pytest.raises(MissingError, match=f"{name}: no right to .*does not suffice") as refusal:
        ImageCopy(*repositories.values()).copy(digest, TAG)
    assert other.password not in str(refusal.value)


def test_a_registry_that_goes_away_is_named(staging, prod):
    digest = staging.image("backend")["digest"]
    gone = ImageRepository("127.0.0.1:9/acme/backend", prod.login)
    with pytest.raises(UnreachableError, match="127.0.0.1:9/acme/backend: the registry does not answer"):
        ImageCopy(staging.backend, gone).copy(digest, TAG)
