"""Cleanup deletes images that are unused and old, with everything that belongs to them."""

from __future__ import annotations

from tests.delivery.images.manifest_account import INDEX


def test_only_what_no_stack_needs_is_deleted(live_world, account, clean):
    _, two, _, four = live_world.checkout.releases
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


def test_children_and_signatures_stay_as_long_as_their_image(live_world, account, clean):
    digest = account.add_release(live_world.checkout.releases[0])
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


def test_a_running_image_that_is_not_listed_stops_cleanup(world, account, clean):
    world.run("staging", 1)
    world.run("prod", 1)
    account.add()
    status, said = clean("--apply")
    assert (status, "runs, and the registry does not list it" in said) == (3, True), said
    assert account.deleted == []


def test_a_listed_manifest_that_cannot_be_read_stops_cleanup(live_world, account, clean):
    digest = account.add("abc")
    del live_world.registry.manifests[f"acme/backend:{digest}"]
    status, said = clean("--apply")
    assert (status, f"{digest}, and the registry does not hold it" in said) == (3, True), said
    assert account.deleted == []


def test_cleanup_requires_a_token(live_world, clean, monkeypatch):
    monkeypatch.delenv("DIGITALOCEAN_TOKEN")
    assert clean()[0] == 5
