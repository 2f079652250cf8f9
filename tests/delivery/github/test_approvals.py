"""A deploy requires an approval by another person than the one who asked for it."""

from __future__ import annotations

import pytest

from tests.delivery.github.approvals import approve

CHECK = ("ci", "check-approval", "--environment", "production")


@pytest.fixture
def run(github, monkeypatch):
    """A run of deploy.yml that ada started."""
    monkeypatch.setenv("GITHUB_RUN_ID", "77")
    return github.add_run(
        path=".github/workflows/deploy.yml", status="in_progress", triggering_actor={"login": "ada"}
    )


def start_by_tag(github, login):
    """A run that release.yml had GitHub's bot start, right after a person pushed the tag."""
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    github.runs[0].update(actor=bot, triggering_actor=bot, created_at="2026-11-20T09:00:30Z")
    person = {"login": login}
    github.add_run(
        78,
        path=".github/workflows/release.yml",
        event="push",
        head_branch="v1.4.0",
        created_at="2026-11-20T09:00:00Z",
        actor=person,
        triggering_actor=person,
    )


def test_someone_else_may_approve(run, github, slipway):
    approve(github, "bob")
    assert slipway(*CHECK) == (0, "approved by bob\nApproved by `bob`.\n")


def test_the_person_who_started_the_run_is_no_approver(run, github, slipway):
    approve(github, "ada")
    status, said = slipway(*CHECK)
    assert status == 3
    assert "ada approved the deploy and asked for it, too" in said


def test_the_person_who_pushed_the_tag_is_no_approver(run, github, slipway):
    start_by_tag(github, "ada")
    approve(github, "ada")
    assert slipway(*CHECK, "--version", "v1.4.0")[0] == 3
    approve(github, "ada", "bob")
    assert slipway(*CHECK, "--version", "v1.4.0")[0] == 0


def test_an_approval_of_an_earlier_attempt_does_not_cover_ones_own(run, github, slipway):
    github.runs[0]["run_attempt"] = 2
    approve(github, "bob", "ada")
    status, said = slipway(*CHECK)
    assert (status, "ada, who asked for it, approved an attempt" in said) == (3, True), said
    approve(github, "bob")
    assert slipway(*CHECK)[0] == 0


def test_a_run_of_the_bot_for_a_tag_that_nobody_pushed_is_refused(run, github, slipway):
    start_by_tag(github, "ada")
    approve(github, "bob")
    status, said = slipway(*CHECK, "--version", "v1.5.0")
    assert status == 3
    assert "no push of v1.5.0 is known to have asked for it" in said


def test_a_run_of_the_bot_long_after_the_push_of_its_tag_is_refused(run, github, slipway):
    start_by_tag(github, "ada")
    github.runs[0]["created_at"] = "2026-11-23T09:00:00Z"
    approve(github, "bob")
    status, said = slipway(*CHECK, "--version", "v1.4.0")
    assert (status, "no push of v1.4.0 is known to have asked for it" in said) == (3, True), said


@pytest.mark.parametrize("review", [{"state": "rejected"}, {"environment": "staging"}])
def test_another_review_is_no_approval(run, github, slipway, review):
    approve(github, "bob", **review)
    status, said = slipway(*CHECK)
    assert status == 3
    assert "nobody approved the use of the environment production" in said
    assert 'write `APPROVALS: "off"` under `env:` of .github/workflows/deploy.yml' in said
