"""What a stack can be rolled back to: the list, the default, and images that are no longer those that ran."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from delivery.rollback_candidates import describe_age

PROD = ("--stack", "prod")
LIST = ("stack", "rollback", *PROD, "--dry-run")


@pytest.fixture
def prod(world):
    """Prod ran releases 1, 2 and 3, and runs 4."""
    world.run("prod", 1)
    return world


@pytest.fixture
def recorded(prod, slipway):
    """The same, deployed by Slipway, which records the digests of what it replaces."""
    for number in (2, 3, 4):
        assert slipway("stack", "deploy", *PROD, "--release", prod.checkout.releases[number - 1])[0] == 0
    prod.change(calls=[])
    return prod


def running(world):
    return world["stacks"]["prod"]["outputs"]["release"]


def move_tag(world, number):
    """Push another image under a release's tag; returns the digest that ran, and the new one."""
    tag = world.checkout.releases[number - 1][:12]
    before = world.registry.digest("acme/backend", tag)
    return before, world.registry.push("acme/backend", tag, '{"mediaType": "x", "another": 1}')


def test_candidates_are_listed_with_what_a_rollback_does_not_restore(recorded, slipway):
    """Each has its age, its author and the services that it changes."""
    status, said = slipway(*LIST)
    assert status == 0, said
    one, two, three, four = (sha[:12] for sha in recorded.checkout.releases)
    assert f"prod runs {four}. It can be rolled back to:" in said
    assert f"1. {three}, deployed 0 minutes ago by Ada, written by Ada; changes backend" in said
    assert said.index(f"2. {two} v1.0.0") < said.index(f"3. {one}")
    assert "data (databases, volumes, buckets)" in said
    assert "the cluster's minor version" in said
    assert f"prod would go back to {three}" in said
    facts, _ = json.JSONDecoder().raw_decode(slipway(*LIST, "--json")[1])
    assert [each["release"][:12] for each in facts["candidates"]] == [three, two, one]
    assert facts["release"][:12] == three
    assert "up" not in recorded.commands()


def test_previous_never_selects_a_release_that_was_rolled_back_from(recorded, slipway):
    one, two, three, _ = recorded.checkout.releases
    for expected in (three, two, one):
        assert slipway("stack", "rollback", *PROD, "--to", "previous")[0] == 0
        assert running(recorded) == expected
    status, said = slipway("stack", "rollback", *PROD, "--to", "previous")
    assert (status, "that ran well and was not rolled back" in said) == (3, True), said
    assert slipway("stack", "rollback", *PROD, "--to", two)[0] == 0  # a person names it


def test_a_release_whose_image_is_gone_is_not_offered(recorded, slipway):
    three = recorded.checkout.releases[2][:12]
    del recorded.registry.manifests[f"acme/backend:{three}"]
    status, said = slipway(*LIST)
    assert (status, f"not offered: {three}: release {three} cannot run: the registry does not hold" in said) == (
        0,
        True,
    )
    assert slipway("stack", "rollback", *PROD, "--to", "previous")[0] == 0
    assert running(recorded) == recorded.checkout.releases[1]


@pytest.mark.parametrize("to", ["previous", "RELEASE-3"])
def test_a_tag_that_was_moved_is_refused_with_both_digests(recorded, slipway, to):
    before, after = move_tag(recorded, 3)
    to = recorded.checkout.releases[2] if to == "RELEASE-3" else to
    status, said = slipway("stack", "rollback", *PROD, "--to", to)
    assert (status, f"backend ran with {before}, and the registry holds {after}" in said) == (3, True), said
    assert "docs/runbook.md, 'Moved tag'" in said
    assert "up" not in recorded.commands()


def test_automatic_rollback_stops_at_a_moved_tag_and_calls_a_person(recorded, slipway):
    """It goes on to no older release."""
    newer = recorded.checkout.commit("release 5")
    recorded.change(releases={**recorded["releases"], newer: recorded.outputs(newer)}, failing=[newer])
    before, after = move_tag(recorded, 4)
    status, said = slipway("stack", "deploy", *PROD, "--release", newer)
    assert (status, f"backend ran with {before}, and the registry holds {after}" in said) == (1, True), said
    assert "prod needs a person now: docs/runbook.md" in said
    assert recorded.commands().count("up") == 1


def test_digests_that_nobody_recorded_are_a_warning(world, slipway):
    world.run("prod", 1, 2)  # by hand, as plain `pulumi up` does
    status, said = slipway("stack", "rollback", *PROD, "--to", "previous")
    assert (status, "are not recorded: its tags are trusted" in said) == (0, True), said


def test_signatures_are_asked_for_before_anything_changes(recorded, slipway, cosign, github):
    image = recorded["releases"][recorded.checkout.releases[2]]["services"]["backend"]["image"]
    cosign.write_text(json.dumps({"unsigned": True, "calls": []}))
    status, said = slipway("stack", "rollback", *PROD, "--to", "previous", "--signed")
    assert (status, f"{image} is not signed by this repository's deploy" in said) == (3, True), said
    assert "up" not in recorded.commands()
    cosign.write_text(json.dumps({"unsigned": False, "calls": []}))
    assert slipway("stack", "rollback", *PROD, "--to", "previous", "--signed")[0] == 0
    assert json.loads(cosign.read_text())["calls"][0][-1] == image


@pytest.mark.parametrize(
    "content",
    [
        {"config": {"slipway:services": {"backend": {"context": "backend"}}}},
        {"config": {"slipway:registry": {"name": "acme"}, "slipway:services": [{"name": "backend"}]}},
        {"config": {"slipway:registry": {"name": "acme"}, "slipway:services": ["backend"]}},
        {"config": {"slipway:registry": {"name": ["acme"]}, "slipway:services": 7}},
        {"config": []},
        [],
    ],
)
def test_a_release_with_an_older_stack_file_is_refused_with_its_key(world, slipway, checkout, content):
    file = checkout.folder / "Pulumi.prod.yaml"
    new = file.read_text()
    file.write_text(yaml.safe_dump(content))
    old_one, releases = checkout.commit("old keys"), world["releases"]
    file.write_text(new)
    new_one = checkout.commit("new keys")
    releases |= {sha: world.outputs(sha) for sha in (old_one, new_one)}
    world.change(releases=releases)
    world.run("prod", -1, 0)  # numbers count from one: the last but one, then the last
    status, said = slipway("stack", "rollback", *PROD, "--to", "previous", "--dry-run")
    assert (status, old_one[:12] in said, "Traceback" in said or "unexpected" in said) == (3, True, False), said


@pytest.mark.parametrize(("answer", "status"), [("\n", 0), ("2\n", 0), ("v1.0.0\n", 0), ("9\n", 3), ("\x04", 3)])
def test_on_a_terminal_a_person_chooses(recorded, answer, status):
    own, terminal = pty.openpty()
    command = [sys.executable, "-m", "slipway", "stack", "rollback", *PROD]
    folder = recorded.checkout.folder
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=terminal, stdout=terminal, stderr=subprocess.PIPE
    )
    os.close(terminal)
    os.write(own, answer.encode())
    said = process.communicate(timeout=100)[1]
    os.close(own)
    assert process.returncode == status, said
    chosen = {"\n": 2, "2\n": 1, "v1.0.0\n": 1}.get(answer, 3)
    assert running(recorded) == recorded.checkout.releases[chosen]


def test_without_a_terminal_the_release_must_be_written(recorded, slipway):
    status, said = slipway("stack", "rollback", *PROD)
    assert (status, "--to" in said) == (2, True), said


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-5), "0 minutes"),  # a clock that is behind
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=5), "5 hours"),
        (timedelta(days=1, hours=23), "1 day"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_an_age_has_one_unit(age, text):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert describe_age(now - age, now) == text
