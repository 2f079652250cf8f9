"""A deploy removes the lock and clears the pending operations that a killed update left."""

from __future__ import annotations

from tests.delivery.conftest import LOCKED

URN = "urn:pulumi:staging::slipway::"


def make_operation(kind, type_, name, *, custom=True):
    return {"type": kind, "resource": {"urn": f"{URN}{type_}::{name}", "type": type_, "custom": custom}}


def test_creation_that_is_safe_to_repeat_is_cleared_and_named(world, slipway):
    world.run("staging", 1)
    release = make_operation("creating", "kubernetes:helm.sh/v3:Release", "backend")
    image = make_operation("creating", "docker:index/image:Image", "backend-image")
    component = make_operation("creating", "slipway:service:Service", "backend", custom=False)
    world.change(pending=[release, image, component])
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert status == 0, said
    for each in (release, image, component):
        assert f"cleared a pending operation of an update that was killed: creating {each['resource']['urn']}" in said
    (refresh,) = [words for words in world["calls"] if words[0] == "refresh"]
    assert "--clear-pending-creates" in refresh


def test_a_pending_update_is_refreshed_without_dropping_creations(world, slipway):
    world.run("staging", 1)
    world.change(pending=[make_operation("updating", "digitalocean:index/vpc:Vpc", "network")])
    assert slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")[0] == 0
    (refresh,) = [words for words in world["calls"] if words[0] == "refresh"]
    assert "--clear-pending-creates" not in refresh


def test_lock_and_pending_operations_of_a_dead_run_are_both_settled(world, slipway, github):
    world.run("staging", 1)
    world.change(lock=LOCKED, pending=[make_operation("deleting", "digitalocean:index/vpc:Vpc", "network")])
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert (status, "cleared a pending operation" in said) == (0, True), said


def test_a_lock_of_a_dead_run_is_removed_and_the_release_continues(world, slipway, github):
    world.run("staging", 1)
    world.change(lock=LOCKED)
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert status == 0, said
    assert "runner@fv-az1234-567 (process 4711), since 2026-11-20 07:00:00 UTC: can be removed" in said


def test_a_lock_of_a_person_stays_and_nothing_is_rolled_back(world, slipway):
    world.run("staging", 1)
    world.change(lock=LOCKED.replace("runner@", "ada@"))
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert status == 3
    assert "ada is a person" in said
    assert [entry["message"] for entry in world["stacks"]["staging"]["history"]] == [
        f"deploy {world.checkout.releases[0][:12]}"
    ]
