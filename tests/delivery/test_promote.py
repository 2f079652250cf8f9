from __future__ import annotations

import json


def test_prod_takes_the_digest_that_staging_runs_and_the_version_is_its_tag(world, delivery, tmp_path):
    world.run("staging", 1, 2)
    status, said = delivery("promote", "--release", "v1.0.0", "--evidence", tmp_path / "e")
    assert status == 0, said
    staged, live = (world["stacks"][name]["outputs"]["services"]["backend"]["digest"] for name in ("staging", "prod"))
    assert staged == live == world.registry.digest("acme/backend", "v1.0.0")
    record = world["stacks"]["prod"]["history"][0]
    assert record["message"] == f"promote {world.checkout.releases[1][:12]} (v1.0.0)"
    assert record["config"]["slipway:images"]["value"] == "registry"
    assert json.loads((tmp_path / "e/release.json").read_text())["stack"] == "prod"


def test_only_what_staging_runs_now_can_be_promoted(world, delivery):
    world.run("staging", 2, 3)
    status, said = delivery("promote", "--release", "v1.0.0")
    ran, wanted = (world.checkout.releases[number][:12] for number in (2, 1))
    assert status == 3
    assert f"staging runs {ran}, not {wanted}: only what it runs can be promoted" in said
    assert "prod" not in world["stacks"]


def test_an_image_that_is_another_in_the_registry_is_refused(world, delivery):
    world.run("staging", 2)
    world.registry.push("acme/backend", world.checkout.releases[1][:12], '{"mediaType": "x", "another": 1}')
    status, said = delivery("promote", "--release", "v1.0.0")
    assert (status, "backend: staging runs sha256:" in said) == (3, True)
    assert "prod" not in world["stacks"]


def test_an_image_that_is_gone_is_refused(world, delivery):
    world.run("staging", 2)
    world.registry.manifests.clear()
    status, said = delivery("promote", "--release", "v1.0.0")
    assert (status, "the registry does not hold" in said) == (3, True)


def test_a_version_is_given_once(world, delivery):
    world.run("staging", 2)
    world.registry.push("acme/backend", "v1.0.0", '{"mediaType": "x", "another": 1}')
    status, said = delivery("promote", "--release", "v1.0.0")
    assert status == 3
    assert "choose another version" in said


def test_promoting_twice_changes_nothing(world, delivery):
    world.run("staging", 2)
    assert delivery("promote", "--release", "v1.0.0")[0] == 0
    assert delivery("promote", "--release", "v1.0.0")[0] == 0


def test_a_version_is_written_as_one(world, delivery):
    world.run("staging", 2)
    status, said = delivery("promote", "--release", "v1.0.0", "--version", "1.0")
    assert (status, "write one such as v1.2.0" in said) == (3, True)


def test_an_older_release_steps_aside_for_the_newer_one_in_prod(world, delivery):
    world.run("prod", 4)
    world.run("staging", 2)
    status, said = delivery("promote", "--release", "v1.0.0")
    assert (status, "steps aside" in said) == (0, True)
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[3]


def test_a_promotion_that_fails_returns_prod_to_what_ran(world, delivery):
    world.run("prod", 2)
    world.run("staging", 4)
    world.service.broken.add(world.checkout.releases[3][:12])
    status, said = delivery("promote", "--release", "v1.1.0")
    assert status == 6, said
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[1]
    assert "acme/backend:v1.1.0" not in world.registry.manifests
