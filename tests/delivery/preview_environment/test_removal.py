from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from delivery.account.digitalocean import StoredManifest
from delivery.outcome import RefusedError
from delivery.preview_environment.removal import Found, describe_reason, find_environments, find_owner, remove
from delivery.stack.pulumi_cli import PulumiError

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def image(*tags, repository="backend"):
    return StoredManifest(repository, "sha256:1", tags, NOW, 1)


class Cluster:
    """Namespaces and volumes in memory; `stuck` ones do not go."""

    def __init__(self, namespaces, volumes=None, stuck=False):
        self.there, self.claimed, self.stuck = dict.fromkeys(namespaces, NOW), dict(volumes or {}), stuck

    def namespaces(self):
        return self.there

    def volumes(self):
        return self.claimed

    def delete_namespace(self, number):
        if not self.stuck:
            self.there.pop(number, None)
            self.claimed.pop(number, None)

    def wait_gone(self, number):
        return number not in self.there


def found(**changes):
    facts = {"number": 7, "has_stack": True, "updated": NOW, "has_namespace": True, "created": NOW}
    return Found(**{**facts, "volumes": (), "images": (), **changes})


def test_parts_that_others_lack_are_found():
    cluster = Cluster([2], {3: ["volume"]})
    parts = {each.name: each.list_parts() for each in find_environments({1: NOW}, cluster, [image("pr-4-abc")])}
    assert parts == {
        "pr-1": ["the stack"],
        "pr-2": ["the namespace"],
        "pr-3": ["the volume volume"],
        "pr-4": ["the image backend@sha256:1"],
    }


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        (("pr-7-3f2a91c4d5e6",), 7),
        (("3f2a91c4d5e6",), None),
        (("pr-7-3f2a91c4d5e6", "3f2a91c4d5e6"), None),
        (("pr-7-3f2a91c4d5e6", "pr-8-3f2a91c4d5e6"), None),
        (("pr-7",), None),
        (("v1.0.0",), None),
        ((), None),
    ],
)
def test_an_image_that_a_release_has_too_is_nobodys(tags, owner):
    assert find_owner(image(*tags)) == owner


@pytest.mark.parametrize(
    ("is_open", "age", "reason"),
    [
        (True, timedelta(days=6), None),
        (True, timedelta(days=8), "its last update was 8 days ago"),
        (False, timedelta(0), "its pull request is closed"),
    ],
)
def test_an_environment_goes_with_its_pull_request_or_by_age(is_open, age, reason):
    assert describe_reason(found(updated=NOW - age), is_open=is_open, now=NOW, oldest=WEEK) == reason


def test_the_age_of_a_namespace_without_a_stack_is_its_own():
    orphan = found(has_stack=False, updated=None, created=NOW - timedelta(days=30))
    assert describe_reason(orphan, is_open=True, now=NOW, oldest=WEEK) == "its last update was 30 days ago"


def test_everything_of_an_environment_is_removed():
    said, destroyed, cluster = [], [], Cluster([7])
    stack = SimpleNamespace(destroy=lambda: destroyed.append(7))
    assert remove(found(), stack, cluster, None, said.append) == []
    assert destroyed == [7]
    assert not cluster.namespaces()
    assert said == ["pr-7: the stack removed", "pr-7: the namespace removed"]


def test_what_cannot_be_removed_is_named():
    stack = SimpleNamespace(destroy=lambda: None)
    [left] = remove(found(), stack, Cluster([7], stuck=True), None, lambda _: None)
    assert left.startswith("pr-7: the namespace: the namespace did not go; docs/runbook.md")


class Undestroyable:
    """A stack whose credential is gone."""

    def __init__(self):
        self.forgotten = False

    def destroy(self):
        raise PulumiError("cannot reach the cluster")

    def forget(self):
        self.forgotten = True


@pytest.mark.parametrize("has_namespace", [True, False])
def test_a_failed_destroy_forgets_the_stack_if_its_namespace_is_gone(has_namespace):
    stack, cluster, said = Undestroyable(), Cluster([7] if has_namespace else []), []
    assert remove(found(has_namespace=has_namespace), stack, cluster, None, said.append) == []
    assert (stack.forgotten, cluster.namespaces()) == (True, {})
    assert said[0].endswith("so its namespace is deleted: cannot reach the cluster")


def test_a_failed_destroy_keeps_the_stack_its_namespace_and_images():
    stack = Undestroyable()
    left = remove(found(images=(image("pr-7-abc"),)), stack, Cluster([7], stuck=True), None, lambda _: None)
    assert [line.split(":")[1] for line in left] == [" the namespace", " the stack"]
    assert not stack.forgotten


def test_a_stack_that_is_in_use_keeps_its_namespace():
    def destroy():
        raise RefusedError("pr-7 is locked by someone")

    cluster = Cluster([7])
    [left] = remove(found(), SimpleNamespace(destroy=destroy), cluster, None, lambda _: None)
    assert left == "pr-7: the stack: pr-7 is locked by someone"
    assert 7 in cluster.namespaces()
