"""Hold, freeze and resume, with the fake Pulumi; test_pulumi_stack.py sets real tags."""

from __future__ import annotations

import json

import pytest

from delivery.stack.restrictions import FREEZE_TAG, HOLD_TAG, LONGEST_BYTES

PROD = ("--stack", "prod")


@pytest.fixture
def prod(world):
    """Prod ran releases 1 and 2, and runs 2."""
    world.run("prod", 1, 2)
    return world


def tags(world):
    return world["stacks"]["prod"].get("tags", {})


def set_tag(world, name, value):
    stacks = world["stacks"]
    stacks["prod"]["tags"] = {name: value}
    world.change(stacks=stacks)


def test_a_manual_rollback_stops_automatic_deploys_only(prod, slipway, summary, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_ACTOR", "ada")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    one, two, three, _ = prod.checkout.releases
    assert slipway("stack", "rollback", *PROD, "--to", "previous")[0] == 0
    mark = json.loads(tags(prod)[HOLD_TAG])
    assert (mark["from"], mark["to"], mark["by"]) == (two[:12], one[:12], "ada")
    prod.checkout.git("update-ref", "refs/remotes/origin/develop", "develop")
    status, said = slipway("stack", "deploy", *PROD, "--release", three, "--automatic")
    assert status == 3, said
    assert f"prod is held: ada rolled it back from {two[:12]} to {one[:12]} on 20" in said
    assert "`slipway stack resume --stack prod`" in said
    assert (tmp_path / "out").read_text().endswith("released=false\nrolled-back=false\nheld=true\n")
    assert "⏸️ `prod` takes no deploys now" in summary()
    assert slipway("stack", "deploy", *PROD, "--release", three)[0] == 0
    assert HOLD_TAG not in tags(prod)
    assert prod["stacks"]["prod"]["outputs"]["release"] == three


def test_resume_ends_the_hold_and_says_which(prod, slipway):
    slipway("stack", "rollback", *PROD, "--to", "previous")
    status, said = slipway("stack", "resume", *PROD)
    assert (status, "ended: prod is held: " in said) == (0, True), said
    prod.checkout.git("update-ref", "refs/remotes/origin/develop", "develop")
    assert slipway("stack", "deploy", *PROD, "--release", "HEAD", "--automatic")[0] == 0
    assert slipway("stack", "resume", *PROD)[1] == "prod was neither held nor frozen\n"


def test_a_freeze_stops_persons_too_and_leaves_rollbacks(prod, slipway, summary, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "grace")
    assert slipway("stack", "freeze", *PROD, "--reason", "sale *until* Monday @all")[0] == 0
    assert r"sale \*until\* Monday @" in summary()
    assert "@all" not in summary()
    status, said = slipway("stack", "deploy", *PROD, "--release", "HEAD")
    assert status == 3
    assert "by grace: sale *until* Monday @all" in said
    prod.run("staging", 4)
    status, said = slipway("stack", "promote", "--release", "HEAD")
    assert (status, "prod is frozen since" in said) == (3, True), said
    assert "  ! prod is frozen since" in slipway("stack", "status", *PROD)[1]
    assert slipway("stack", "rollback", *PROD, "--to", "previous")[0] == 0
    assert "> ⏸️ prod is frozen since" in _preview(slipway, summary)
    status, said = slipway("stack", "resume", *PROD)
    assert said.count("ended: ") == 2  # the rollback held it
    assert tags(prod) == {}


def _preview(slipway, summary):
    assert slipway("stack", "preview", *PROD)[0] == 0
    return summary()


def test_a_freeze_that_comes_while_a_deploy_prepares_still_stops_it(prod, slipway, monkeypatch):
    from delivery.deploy import Deployment

    def prepare(*_):
        assert slipway("stack", "freeze", *PROD, "--reason", "now")[0] == 0

    monkeypatch.setattr(Deployment, "prepare", prepare)
    assert slipway("stack", "deploy", *PROD, "--release", "HEAD")[0] == 3
    assert "up" not in prod.commands()


def test_a_rollback_that_did_not_begin_leaves_no_hold(prod, slipway):
    prod.change(
        lock="error: the stack is currently locked by 1 lock(s).\n  x: created by ada@laptop (pid 1) at 2026-11-20T07:00:00Z"
    )
    assert slipway("stack", "rollback", *PROD, "--to", "previous")[0] == 3
    assert tags(prod) == {}


@pytest.mark.parametrize("value", ["yes", "null", "[]", '{"by": 1}', "\x1b[31m" * 20])
@pytest.mark.parametrize("tag", [HOLD_TAG, FREEZE_TAG])
def test_a_tag_that_slipway_did_not_write_counts(prod, slipway, tag, value):
    set_tag(prod, tag, value)
    prod.checkout.git("update-ref", "refs/remotes/origin/develop", "develop")
    status, said = slipway("stack", "deploy", *PROD, "--release", "HEAD", "--automatic")
    assert (status, f"by its tag {tag}" in said, "\x1b" in said) == (3, True, False), said


@pytest.mark.parametrize("reason", ["x" * 5000, "é" * 300, '"\\' * 200, "🧊" * 100])
def test_a_long_reason_is_cut_to_what_a_tag_takes(prod, slipway, monkeypatch, reason):
    monkeypatch.setenv("GITHUB_ACTOR", "ada")
    assert slipway("stack", "freeze", *PROD, "--reason", reason)[0] == 0
    text = tags(prod)[FREEZE_TAG]
    assert len(text.encode()) <= LONGEST_BYTES
    assert reason.startswith(json.loads(text)["reason"].rstrip("…"))


def test_who_is_gits_user_outside_of_a_workflow(prod, slipway):
    prod.checkout.git("config", "user.name", "Lin")
    slipway("stack", "freeze", *PROD, "--reason", "audit")
    assert json.loads(tags(prod)[FREEZE_TAG])["by"] == "Lin"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("stack", "freeze", *PROD, "--reason", " \n"), 3, "the reason is empty"),
        (("stack", "freeze", "--stack", "staging", "--reason", "x"), 3, "staging was never created"),
        (("stack", "freeze", *PROD), 2, "--reason"),
    ],
)
def test_a_freeze_without_a_reason_or_a_stack_is_refused(prod, slipway, words, status, message):
    got, said = slipway(*words)
    assert (got, message in said) == (status, True), said
