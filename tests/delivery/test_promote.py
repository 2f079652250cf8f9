from __future__ import annotations

import json

import pytest

from delivery.outcome import UnreachableError


def test_prod_takes_stagings_digest_and_tags_it_with_the_version(world, slipway, tmp_path):
    world.run("staging", 1, 2)
    status, said = slipway("stack", "promote", "--release", "v1.0.0", "--evidence", tmp_path / "e")
    assert status == 0, said
    staged, live = (world["stacks"][name]["outputs"]["services"]["backend"]["digest"] for name in ("staging", "prod"))
    assert staged == live == world.registry.digest("acme/backend", "v1.0.0")
    record = world["stacks"]["prod"]["history"][0]
    assert record["message"] == f"promote {world.checkout.releases[1][:12]} (v1.0.0)"
    assert record["config"]["slipway:images"]["value"] == "registry"
    assert json.loads((tmp_path / "e/release.json").read_text())["stack"] == "prod"


def test_only_what_staging_runs_now_can_be_promoted(world, slipway):
    world.run("staging", 2, 3)
    status, said = slipway("stack", "promote", "--release", "v1.0.0")
    ran, wanted = (world.checkout.releases[number][:12] for number in (2, 1))
    assert status == 3
    assert f"staging runs {ran}, not {wanted}: only what it runs can be promoted" in said
    assert "prod" not in world["stacks"]


def test_an_image_that_is_another_in_the_registry_is_refused(world, slipway):
    world.run("staging", 2)
    world.registry.push("acme/backend", world.checkout.releases[1][:12], '{"mediaType": "x", "another": 1}')
    status, said = slipway("stack", "promote", "--release", "v1.0.0")
    assert (status, "backend: staging runs sha256:" in said) == (3, True)
    assert "prod" not in world["stacks"]


def test_an_image_that_is_gone_is_refused(world, slipway):
    world.run("staging", 2)
    world.registry.manifests.clear()
    status, said = slipway("stack", "promote", "--release", "v1.0.0")
    assert (status, "the registry does not hold" in said) == (3, True)


def test_a_version_is_given_once(world, slipway):
    world.run("staging", 2)
    world.registry.push("acme/backend", "v1.0.0", '{"mediaType": "x", "another": 1}')
    status, said = slipway("stack", "promote", "--release", "v1.0.0")
    assert status == 3
    assert "choose another version" in said


def test_promoting_twice_changes_nothing(world, slipway):
    world.run("staging", 2)
    assert slipway("stack", "promote", "--release", "v1.0.0")[0] == 0
    assert slipway("stack", "promote", "--release", "v1.0.0")[0] == 0


def test_a_version_is_written_as_one(world, slipway):
    world.run("staging", 2)
    status, said = slipway("stack", "promote", "--release", "v1.0.0", "--version", "1.0")
    assert (status, "write one such as v1.2.0" in said) == (3, True)


def test_an_older_release_than_prods_is_skipped(world, slipway):
    world.run("prod", 4)
    world.run("staging", 2)
    status, said = slipway("stack", "promote", "--release", "v1.0.0")
    assert (status, "is older, and is not deployed" in said) == (0, True)
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[3]


def test_a_promotion_that_fails_returns_prod_to_what_ran(world, slipway):
    world.run("prod", 2)
    world.run("staging", 4)
    world.service.broken.add(world.checkout.releases[3][:12])
    status, said = slipway("stack", "promote", "--release", "v1.1.0")
    assert status == 6, said
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[1]
    assert "acme/backend:v1.1.0" not in world.registry.manifests


@pytest.fixture
def staged(world, slipway, tmp_path):
    """Evidence that staging ran release 2; by now it runs release 3."""
    assert (
        slipway("stack", "deploy", "--stack", "staging", "--release", "v1.0.0", "--evidence", tmp_path / "staged")[0]
        == 0
    )
    world.run("staging", 3)
    return tmp_path / "staged"


def test_promotion_accepts_evidence_if_stagings_state_is_unreadable(world, slipway, staged):
    assert slipway("stack", "promote", "--release", "v1.0.0")[0] == 3
    assert slipway("stack", "promote", "--release", "v1.0.0", "--staged", staged)[0] == 0
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[1]


def test_evidence_of_another_release_is_refused(world, slipway, staged):
    assert slipway("stack", "promote", "--release", "v1.1.0", "--staged", staged)[0] == 3


def test_every_image_is_signed_and_its_signature_is_asked_for(world, slipway, staged, cosign, github):
    image = world["stacks"]["staging"]["history"] and json.loads((staged / "release.json").read_text())
    image = image["services"]["backend"]["image"]
    assert slipway("ci", "sign", staged) == (0, f"backend: {image} is signed\n")
    assert slipway("stack", "promote", "--release", "v1.0.0", "--staged", staged, "--signed")[0] == 0
    signed, verified = json.loads(cosign.read_text())["calls"]
    assert signed == ["sign", "--yes", image]
    assert verified == [
        "verify",
        "--certificate-oidc-issuer",
        "https://token.actions.githubusercontent.com",
        "--certificate-identity-regexp",
        r"^https://github\.com/acme/todo/\.github/workflows/deploy\.yml@refs/heads/(develop|main)$",
        image,
    ]


def test_an_image_without_a_signature_is_refused(world, slipway, staged, cosign, github):
    cosign.write_text(json.dumps({"unsigned": True, "calls": []}))
    status, said = slipway("stack", "promote", "--release", "v1.0.0", "--staged", staged, "--signed")
    assert (status, "is not signed by this repository's deploy: Error: no signatures found" in said) == (3, True)
    assert "prod" not in world["stacks"]


@pytest.mark.parametrize("error", [UnreachableError("the registry collects garbage"), KeyError("mediaType")])
def test_a_registry_that_refuses_the_tag_does_not_undo_the_release(world, slipway, tmp_path, monkeypatch, error):
    from delivery.images.registry import ImageRepository

    def read_only(*_):
        raise error

    monkeypatch.setattr(ImageRepository, "tag", read_only)
    world.run("staging", 2)
    status, said = slipway("stack", "promote", "--release", "v1.0.0", "--evidence", tmp_path / "e")
    assert status == 0
    assert "warning: v1.0.0 is not a tag yet" in said
    assert (tmp_path / "e/release.json").exists()


def test_different_digest_is_rolled_back(world, slipway, staged):
    world.run("prod", 1)
    releases = world["releases"]
    outputs = releases[world.checkout.releases[1]]["services"]["backend"]
    outputs["digest"] = "sha256:" + "0" * 64
    world.change(releases=releases)
    status, said = slipway("stack", "promote", "--release", "v1.0.0", "--staged", staged)
    assert (status, f"backend: runs {outputs['digest']}, and staging sha256:" in said) == (6, True), said


def test_promotion_that_cannot_be_verified_is_refused(world, slipway):
    world.run("staging", 2)
    releases = world["releases"]
    releases[world.checkout.releases[0]]["services"]["backend"]["url"] = None
    world.change(releases=releases)
    world.run("prod", 1)
    status, said = slipway("stack", "promote", "--release", "v1.0.0")
    assert (status, "no service of prod has a URL" in said) == (3, True), said
    assert "up" not in world.commands()
