from __future__ import annotations

import json

import pytest
import yaml

from tests.delivery.registry_account import RegistryAccount

IMAGE, INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"


class Account(RegistryAccount):
    """An account whose list is made by the test, of manifests that the registry holds."""

    def __init__(self, registry):
        super().__init__()
        self.registry = registry
        self.listed = {}

    def add(self, *tags, days=90, **content):
        """Push a manifest under these tags and list it; its digest."""
        text = json.dumps({"mediaType": IMAGE, "number": len(self.listed), **content})
        digest = self.registry.push("acme/backend", "untagged", text)
        for tag in tags:
            self.registry.push("acme/backend", tag, text)
        self.listed[digest], self.ages[digest] = list(tags), days
        return digest

    def add_release(self, sha, *more, days=90):
        """List the image of a release, which the world has pushed."""
        digest = self.registry.digest("acme/backend", sha[:12])
        self.listed[digest], self.ages[digest] = [sha[:12], *more], days
        return digest

    def list_manifests(self):
        return self.listed


@pytest.fixture
def registry_account(registry):
    return Account(registry)


@pytest.fixture
def running(world, account):
    """Staging ran 1 and 3, prod ran 1; the registry lists both."""
    world.run("staging", 1, 3)
    world.run("prod", 1)
    account.add_release(world.checkout.releases[0])
    account.add_release(world.checkout.releases[2])
    return world


@pytest.fixture
def clean(slipway):
    """`cleanup` of staging's registry."""
    return lambda *words: slipway("images", "cleanup", "--stack", "staging", *words)


def test_only_what_no_stack_needs_is_deleted(running, account, clean):
    _, two, _, four = running.checkout.releases
    never_ran = account.add_release(two)
    account.add_release(four, "v1.1.0")
    account.add("feedc0ffee00", days=29)
    untagged = account.add(days=31)
    status, said = clean()
    assert status == 0, said
    assert "2 images of 2 MiB could be deleted with --apply; 2 digests run." in said
    assert account.deleted == []
    assert clean("--apply")[0] == 0
    assert account.deleted == [never_ran, untagged]  # those with a tag first
    assert (account.collections, account.asked) == (1, 4)


def test_a_past_release_keeps_its_image_even_under_another_digest(world, account, clean):
    world.run("staging", 1, 3)
    world.run("prod", 3)
    account.add_release(world.checkout.releases[2])
    account.add(world.checkout.releases[0][:12])
    clean("--apply")
    assert account.deleted == []
    assert account.collections == 0


def test_a_stack_that_cannot_be_asked_stops_it(running, account, clean):
    account.add()
    stacks = running["stacks"]
    stacks["prod"]["outputs"] = {"release": "x", "services": 7}
    running.change(stacks=stacks)
    assert clean("--apply")[0] == 1
    assert account.deleted == []


def test_the_needed_images_of_an_unreachable_stack_come_from_a_file(running, account, slipway, tmp_path):
    unused = account.add()
    (tmp_path / "prod.json").write_text(slipway("images", "needed", "--stack", "prod")[1])
    stacks = running["stacks"]
    del stacks["prod"]
    running.change(stacks=stacks)
    status, said = slipway("images", "cleanup", "--needed", tmp_path / "prod.json", "--apply")
    assert status == 0, said
    assert account.deleted == [unused]


def test_a_stack_with_a_registry_of_its_own_need_not_be_asked(running, account, clean):
    file = running.checkout.folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("/acme", "/acme-prod"))
    unused = account.add()
    stacks = running["stacks"]
    del stacks["prod"]
    running.change(stacks=stacks)
    assert clean("--apply")[0] == 0
    assert account.deleted == [unused]


def test_prods_own_registry_is_cleaned_by_what_prod_needs(running, account, slipway):
    file = running.checkout.folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("name: acme", "name: other").replace("/acme", "/other"))
    status, said = slipway("images", "cleanup", "--stack", "prod")
    assert (status, "GET /v2/registries/other/repositoriesV2" in said) == (1, True), said
    assert {words[words.index("--stack") + 1] for words in running["calls"] if "--stack" in words} == {"prod"}


@pytest.mark.parametrize("named", [{}, None, "acme", {"region": "fra1"}])
def test_a_stack_file_that_names_no_registry_stops_it(running, account, clean, named):
    (running.checkout.folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": {"slipway:registry": named}}))
    status, said = clean("--apply")
    assert (status, "Pulumi.test.yaml does not say which registry its stack uses" in said) == (3, True), said


def test_a_stack_that_runs_nothing_or_is_not_found_stops_it(world, account, clean):
    world.run("staging", 1)
    account.add()
    status, said = clean("--apply")
    assert (status, "prod runs nothing, or is not in this state" in said) == (3, True)
    assert account.deleted == []


def test_a_stack_that_is_deployed_to_stops_it(running, account, clean):
    from tests.delivery.conftest import LOCKED

    account.add()
    running.change(lock=LOCKED)
    status, said = clean("--apply")
    assert (status, "is locked by runner@" in said) == (3, True), said
    assert account.deleted == []


def test_a_deploy_while_the_registry_is_read_stops_it(running, account, clean):
    account.add()
    listing = account.list_manifests

    def deploy_and_list():
        if "none yet" not in account.ages:
            account.ages["none yet"] = 0
            running.run("prod", 4)
        return listing()

    account.list_manifests = deploy_and_list
    status, said = clean("--apply")
    assert (status, "a stack was deployed to meanwhile: nothing was deleted" in said) == (3, True), said
    assert account.deleted == []


def test_what_belongs_to_an_image_stays_as_long_as_the_image(running, account, clean):
    digest = account.add_release(running.checkout.releases[0])
    children = [account.add() for _ in range(3)]
    account.add("v1.2.0", mediaType=INDEX, manifests=[{"digest": child} for child in children])
    account.add(f"{digest.replace(':', '-')}.sig")
    bundle = account.add(subject={"digest": children[0]})
    account.add(subject={"digest": bundle})
    account.add(digest.replace(":", "-"), mediaType=INDEX, manifests=[{"digest": bundle}])
    unused = account.add("feedc0ffee00")
    signature = account.add(f"{unused.replace(':', '-')}.sig")
    status, said = clean("--apply")
    assert status == 0, said
    assert sorted(account.deleted) == sorted([unused, signature])


def test_what_runs_and_is_not_listed_stops_it(world, account, clean):
    world.run("staging", 1)
    world.run("prod", 1)
    account.add()
    status, said = clean("--apply")
    assert (status, "runs, and the registry does not list it" in said) == (3, True), said
    assert account.deleted == []


def test_what_is_listed_and_cannot_be_read_stops_it(running, account, clean):
    digest = account.add("abc")
    del running.registry.manifests[f"acme/backend:{digest}"]
    status, said = clean("--apply")
    assert (status, f"{digest}, and the registry does not hold it" in said) == (3, True), said
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


def test_digests_that_the_history_recorded_stay(running, account, clean):
    """Whatever the stack file or the tags say by now."""
    recorded, unused = account.add(), account.add()
    stacks = running["stacks"]
    value = json.dumps({"release": running.checkout.releases[0], "digests": {"backend": recorded}})
    stacks["staging"]["history"][0]["config"]["delivery:replaced"] = {"value": value, "secret": False}
    running.change(stacks=stacks)
    assert clean("--apply")[0] == 0
    assert account.deleted == [unused]


def test_failed_releases_do_not_push_a_good_one_out_of_what_is_kept(world, account, slipway):
    world.run("staging", 1)
    world.change(failing=[world.checkout.releases[1]])
    stack = world.stack("staging")
    for _ in range(12):
        with pytest.raises(Exception, match="failed"):
            stack.up(world.checkout.releases[1], "deploy")
    world.run("staging", 3)
    said = slipway("images", "needed", "--stack", "staging")[1]
    assert f"backend:{world.checkout.releases[0][:12]}" in said


def test_a_token_is_needed(running, clean, monkeypatch):
    monkeypatch.delenv("DIGITALOCEAN_TOKEN")
    assert clean()[0] == 5


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", '{"stack": "prod", "digests": 5}', '{"stack": "pr'])
def test_a_file_that_says_nothing_of_a_stack_stops_it(running, account, slipway, tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    status, said = slipway("images", "cleanup", "--needed", tmp_path / "x.json", "--apply")
    assert (status, "is not what `slipway images needed` prints" in said) == (5, True)
