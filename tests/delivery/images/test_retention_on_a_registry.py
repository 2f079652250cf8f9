"""Everything the policy allows is deleted from a real registry; then what stays is pulled, verified and rolled back to."""

from __future__ import annotations

import json

import pytest

from delivery.images import release_images
from tests.delivery.debian_registry import IMAGE, INDEX, serve
from tests.delivery.registry_account import RegistryAccount

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


class Backend:
    """The registry as the fixtures of delivery push to it; each release's image is another kind."""

    def __init__(self, debian):
        self.debian = debian
        self.host = debian.host
        self.parts = {}  # of a tag: the digests of all that belongs to it

    def push(self, repository, tag):
        assert repository == "acme/backend"
        if tag in self.parts:
            return self.parts[tag][0]
        debian = self.debian
        if len(self.parts) % 2 == 0:  # a single image, signed as cosign 2 does
            image = debian.image(f"backend {tag}", tag)
            name = image["digest"].replace(":", "-")
            others = [debian.image(f"{kind} of {tag}", f"{name}.{kind}") for kind in ("sig", "att", "sbom")]
        else:  # an index for two platforms with BuildKit's attestations, signed as cosign 3 does
            platforms = [debian.image(f"backend {tag} {platform}") for platform in ("amd64", "arm64")]
            attestations = [debian.image(f"attestation of {each['digest']}") for each in platforms]
            image = debian.index(tag, *platforms, *attestations)
            bundle = self.refer(image, f"bundle of {tag}")
            countersignature = self.refer(bundle, f"countersignature of {tag}")
            others = [*platforms, *attestations, bundle, countersignature]
        self.parts[tag] = [image["digest"], *(each["digest"] for each in others)]
        return image["digest"]

    def refer(self, image, text):
        """A manifest without a tag about an image, and the list of what refers to it under the fallback tag."""
        bundle = self.debian.image(text, artifactType=BUNDLE, subject=image)
        index = self.debian.index(image["digest"].replace(":", "-"), {**bundle, "artifactType": BUNDLE})
        self.parts.setdefault("indexes", []).append((image["digest"], index["digest"]))
        return bundle


class Account(RegistryAccount):
    def __init__(self, backend):
        super().__init__()
        self.debian = backend.debian

    def list_manifests(self):
        return self.debian.list_manifests()

    def delete(self, digest):
        assert self.debian.delete(digest) == 202

    def collect_garbage(self):
        self.debian.collect_garbage()

    def login(self):
        return self.debian.host, self.debian.login.username, self.debian.login.password


@pytest.fixture
def registry(tmp_path):
    with serve(tmp_path / "registry", "staging") as debian:
        yield Backend(debian)


@pytest.fixture
def registry_account(registry):
    return Account(registry)


def fallback_index(digest):
    return digest.replace(":", "-")


def test_what_stays_can_be_pulled_verified_and_rolled_back_to(world, registry, account, slipway):
    world.run("staging", 1, 2)  # 1 is a single image, 2 an index
    world.run("prod", 1)
    tags = [sha[:12] for sha in world.checkout.releases]
    before = account.list_manifests()
    blobs_before = {digest: registry.debian.backend.manifest(digest).blobs for digest in before}

    status, said = slipway("images", "cleanup", "--stack", "staging", "--apply")
    assert status == 0, said

    # Gone: releases 3 and 4, which never ran, with all that belongs to them, down to the blobs.
    gone = {*registry.parts[tags[2]], *registry.parts[tags[3]]}
    gone |= {index for subject, index in registry.parts["indexes"] if subject in gone}
    stays = set(before) - gone
    assert set(account.deleted) == gone
    assert set(account.list_manifests()) == stays
    kept_blobs = {blob for digest in stays for blob in blobs_before[digest]}
    for digest in gone:
        assert not registry.debian.holds(f"manifests/{digest}")
        for blob in set(blobs_before[digest]) - kept_blobs:
            assert not registry.debian.holds(f"blobs/{blob}")

    # Every image that stays is whole: manifests, children, configurations, layers.
    for digest in stays:
        registry.debian.read(digest)
    # The signatures of both kinds resolve.
    single, index = registry.parts[tags[0]][0], registry.parts[tags[1]][0]
    for kind in ("sig", "att", "sbom"):
        assert registry.debian.holds(f"manifests/{fallback_index(single)}.{kind}")
    subject = index
    for _ in ("bundle", "countersignature"):
        (entry,) = json.loads(registry.debian.get(f"manifests/{fallback_index(subject)}"))["manifests"]
        assert registry.debian.read(entry["digest"])["subject"]["digest"] == subject
        subject = entry["digest"]

    # What a rollback needs is there, and it runs.
    stack = world.stack("staging")
    assert release_images.manifests(stack, world.checkout.releases[0])["backend"].digest == single
    assert release_images.manifests(stack, world.checkout.releases[1])["backend"].digest == index
    status, said = slipway("stack", "rollback", "--stack", "staging", "--to", world.checkout.releases[0])
    assert status == 0, said
    # A second cleanup finds nothing.
    assert "0 images of 0 MiB" in slipway("images", "cleanup", "--stack", "staging")[1]


def test_a_version_or_a_young_signature_keeps_an_image_whole(world, registry, account, slipway):
    world.run("staging", 1)
    world.run("prod", 1)
    tags = [sha[:12] for sha in world.checkout.releases]
    third, fourth = registry.parts[tags[2]], registry.parts[tags[3]]
    registry.debian.manifest("v1.0.0", json.loads(registry.debian.get(f"manifests/{tags[2]}")))
    account.ages[fourth[-1]] = 1  # its countersignature is of yesterday
    status, said = slipway("images", "cleanup", "--stack", "staging", "--apply")
    assert status == 0, said
    for digest in (*third, *fourth):
        registry.debian.read(digest)
    assert set(account.deleted) >= set(registry.parts[tags[1]])


def test_an_image_that_runs_by_a_platform_digest_keeps_its_index(world, registry, account, slipway):
    world.run("staging", 1)
    world.run("prod", 1)
    index = registry.parts[world.checkout.releases[1][:12]]
    stacks = world["stacks"]
    stacks["prod"]["outputs"]["services"]["backend"]["digest"] = index[1]
    world.change(stacks=stacks)
    assert slipway("images", "cleanup", "--stack", "staging", "--apply")[0] == 0
    for digest in index:
        registry.debian.read(digest)


def test_a_manifest_that_cannot_be_read_stops_cleanup(world, registry, account, slipway):
    world.run("staging", 1)
    world.run("prod", 1)
    digest = registry.parts[world.checkout.releases[3][:12]][0].removeprefix("sha256:")
    (registry.debian.storage / f"docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data").write_text("{")
    status, said = slipway("images", "cleanup", "--stack", "staging", "--apply")
    assert (status, "nothing is known to be unused" in said) == (3, True), said
    assert account.deleted == []


def test_media_types_are_as_the_registry_has_them(registry):
    digest = registry.push("acme/backend", "a")
    registry.push("acme/backend", "b")
    assert registry.debian.backend.manifest(digest).media_type == IMAGE
    assert registry.debian.backend.manifest("b").media_type == INDEX
