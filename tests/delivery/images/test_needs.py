"""Cleanup deletes no image that a stack needs, and nothing at all when a stack's needs are unknown."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.delivery.conftest import LOCKED


def test_a_past_release_keeps_its_image_even_under_another_digest(world, account, clean):
    world.run("staging", 1, 3)
    world.run("prod", 3)
    account.add_release(world.checkout.releases[2])
    account.add(world.checkout.releases[0][:12])
    clean("--apply")
    assert account.deleted == []
    assert account.collections == 0


def test_a_stack_with_invalid_outputs_stops_cleanup(live_world, account, clean):
    account.add()
    stacks = live_world["stacks"]
    stacks["prod"]["outputs"] = {"release": "x", "services": 7}
    live_world.change(stacks=stacks)
    assert clean("--apply")[0] == 1
    assert account.deleted == []


def test_the_needed_images_of_an_unreachable_stack_come_from_a_file(live_world, account, slipway, tmp_path):
    unused = account.add()
    (tmp_path / "prod.json").write_text(slipway("images", "needed", "--stack", "prod")[1])
    stacks = live_world["stacks"]
    del stacks["prod"]
    live_world.change(stacks=stacks)
    status, said = slipway("images", "cleanup", "--needed", tmp_path / "prod.json", "--apply")
    assert status == 0, said
    assert account.deleted == [unused]


def test_a_stack_with_a_registry_of_its_own_need_not_be_asked(live_world, account, clean):
    file = live_world.checkout.folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("/acme", "/acme-prod"))
    unused = account.add()
    stacks = live_world["stacks"]
    del stacks["prod"]
    live_world.change(stacks=stacks)
    assert clean("--apply")[0] == 0
    assert account.deleted == [unused]


def test_prods_own_registry_is_cleaned_by_what_prod_needs(live_world, account, slipway):
    file = live_world.checkout.folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("name: acme", "name: other").replace("/acme", "/other"))
    status, said = slipway("images", "cleanup", "--stack", "prod")
    assert (status, "GET /v2/registries/other/repositoriesV2" in said) == (1, True), said
    assert {words[words.index("--stack") + 1] for words in live_world["calls"] if "--stack" in words} == {"prod"}


@pytest.mark.parametrize("named", [{}, None, "acme", {"region": "fra1"}])
def test_a_stack_file_that_names_no_registry_stops_cleanup(live_world, account, clean, named):
    (live_world.checkout.folder / "Pulumi.test.yaml").write_text(
        yaml.safe_dump({"config": {"slipway:registry": named}})
    )
    status, said = clean("--apply")
    assert (status, "Pulumi.test.yaml does not say which registry its stack uses" in said) == (3, True), said


def test_a_stack_that_runs_nothing_stops_cleanup(world, account, clean):
    world.run("staging", 1)
    account.add()
    status, said = clean("--apply")
    assert (status, "prod runs nothing, or is not in this state" in said) == (3, True)
    assert account.deleted == []


def test_a_locked_stack_stops_cleanup(live_world, account, clean):
    account.add()
    live_world.change(lock=LOCKED)
    status, said = clean("--apply")
    assert (status, "is locked by runner@" in said) == (3, True), said
    assert account.deleted == []


def test_a_deploy_while_the_registry_is_read_stops_cleanup(live_world, account, clean):
    account.add()
    listing = account.list_manifests

    def deploy_and_list():
        if "none yet" not in account.ages:
            account.ages["none yet"] = 0
            live_world.run("prod", 4)
        return listing()

    account.list_manifests = deploy_and_list
    status, said = clean("--apply")
    assert (status, "a stack was deployed to meanwhile: nothing was deleted" in said) == (3, True), said
    assert account.deleted == []


@pytest.mark.parametrize(
    "config",
    [
        {"slipway:services": {"backend": {"context": "backend"}}},
        {"slipway:registry": {"name": "acme"}, "slipway:services": 5},
        {"slipway:registry": {"name": "acme"}, "slipway:services": [{"name": "backend"}]},
        {"slipway:registry": "acme", "slipway:services": {}},
        None,
    ],
)
def test_an_older_stack_file_keeps_its_images_but_is_no_candidate(world, account, slipway, config):
    """Two releases ago the stack file had other keys, or another name."""
    checkout, releases = world.checkout, world["releases"]
    file = checkout.folder / "Pulumi.prod.yaml"
    text = file.read_text()
    if config is None:
        file.rename(checkout.folder / "Pulumi.production.yaml")
    else:
        file.write_text(yaml.safe_dump({"config": config}))
    old = checkout.commit("old keys")
    (checkout.folder / "Pulumi.production.yaml").unlink(missing_ok=True)
    file.write_text(text)
    new = checkout.commit("new keys")
    releases |= {sha: world.outputs(sha) for sha in (old, new)}
    world.change(releases=releases)
    world.run("prod", -1, 0)  # numbers count from one: the last but one, then the last
    world.run("staging", 1)
    account.add_release(checkout.releases[0])
    account.add_release(new)
    account.add_release(old)

    status, said = slipway("images", "needed", "--stack", "prod")
    assert status == 0, said
    assert f"warning: prod: release {old[:12]}: " in said
    assert f'"backend:{old[:12]}"' in said
    assert slipway("images", "cleanup", "--stack", "staging", "--apply")[0] == 0
    assert account.deleted == []
    status, said = slipway("stack", "rollback", "--stack", "prod", "--to", "previous", "--dry-run")
    assert (status, f"{old[:12]} is not offered" in said) == (3, True), said


def test_digests_that_the_history_recorded_stay(live_world, account, clean):
    """Whatever the stack file or the tags say by now."""
    recorded, unused = account.add(), account.add()
    stacks = live_world["stacks"]
    value = json.dumps({"release": live_world.checkout.releases[0], "digests": {"backend": recorded}})
    stacks["staging"]["history"][0]["config"]["delivery:replaced"] = {"value": value, "secret": False}
    live_world.change(stacks=stacks)
    assert clean("--apply")[0] == 0
    assert account.deleted == [unused]


def test_failed_releases_do_not_displace_a_good_one(world, account, slipway):
    world.run("staging", 1)
    world.change(failing=[world.checkout.releases[1]])
    stack = world.stack("staging")
    for _ in range(12):
        with pytest.raises(Exception, match="failed"):
            stack.up(world.checkout.releases[1], "deploy")
    world.run("staging", 3)
    said = slipway("images", "needed", "--stack", "staging")[1]
    assert f"backend:{world.checkout.releases[0][:12]}" in said


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", '{"stack": "prod", "digests": 5}', '{"stack": "pr'])
def test_an_invalid_file_of_needed_images_stops_cleanup(live_world, account, slipway, tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    status, said = slipway("images", "cleanup", "--needed", tmp_path / "x.json", "--apply")
    assert (status, "is not what `slipway images needed` prints" in said) == (5, True)
