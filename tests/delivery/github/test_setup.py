"""`slipway account setup-github` lists what differs in a repository, and changes it where asked."""

from __future__ import annotations

import pytest

from tests.delivery.github.repository_setup import SETUP, UNCHANGED, add_all_secrets, find_rule, list_refs, set_up


def test_a_dry_run_lists_every_step_and_changes_nothing(github, slipway):
    status, said = slipway(*SETUP)
    assert status == 1
    assert "to do: make environment production, approved by user7, user8 and not by who started it" in said
    assert "to do: make environment preview-prod, approved by user7, user8\n" in said
    assert "to do: let branch main use environment production" in said
    assert "to do: make rules 'Protected branches'" in said
    assert "for you: set secret DIGITALOCEAN_TOKEN of environment staging: `gh secret set DIGITALOCEAN_TOKEN" in said
    assert said.endswith("nothing was changed; apply with --apply\n")
    assert github.writes() == []


def test_setup_changes_everything_and_a_second_one_nothing(github, slipway):
    add_all_secrets(github)
    status, said = slipway(*SETUP, "--apply")
    assert status == 0, said
    reviewers = find_rule(github, "production", "required_reviewers")
    assert {entry["reviewer"]["id"] for entry in reviewers["reviewers"]} == {7, 8}
    assert reviewers["prevent_self_review"] is True
    assert find_rule(github, "preview-prod", "required_reviewers")["prevent_self_review"] is False
    assert list_refs(github, "production") == [("branch", "main")]
    assert list_refs(github, "notifications") == [("branch", "develop"), ("branch", "main")]
    assert [rules["target"] for rules in github.rulesets] == ["branch", "tag", "tag"]
    assert github.workflow_permissions["default_workflow_permissions"] == "read"
    writes = len(github.writes())
    assert slipway(*SETUP) == (0, UNCHANGED)
    assert len(github.writes()) == writes


def test_change_by_hand_is_reverted(github, slipway):
    add_all_secrets(github)
    slipway(*SETUP, "--apply")
    github.environments["production"]["protection_rules"] = []
    github.rulesets[0]["enforcement"] = "disabled"
    status, said = slipway(*SETUP, "--apply")
    assert (status, said.splitlines()) == (
        0,
        [
            "done: change environment production, approved by user7, user8 and not by who started it",
            "done: change rules 'Protected branches' back to what they should be",
            "everything is as it should be",
        ],
    )
    assert github.rulesets[0]["enforcement"] == "active"


@pytest.mark.parametrize("count", [0, 7])
def test_one_to_six_people_approve(github, slipway, count):
    words = [word for number in range(count) for word in ("--reviewer", f"user{number}")]
    status, said = slipway("account", "setup-github", *words)
    assert (status, "name one to 6 reviewers of production" in said) == (3, True)


def test_a_repository_with_main_alone_is_set_up(github, slipway, checkout):
    del github.heads["develop"]
    add_all_secrets(github)
    _, said = slipway(*SETUP)
    assert "for you: branch develop is not on GitHub: push it, or name another under on.push.branches" in said
    checkout.write_branches("main")
    set_up(github, slipway)
    assert list_refs(github, "staging") == [("branch", "main")]
    assert github.rulesets[0]["conditions"]["ref_name"]["include"] == ["refs/heads/main"]
    assert slipway(*SETUP) == (0, UNCHANGED)


def test_the_branch_whose_workflows_run_is_the_default_branch(github, slipway):
    github.default_branch = "develop"
    _, said = slipway(*SETUP)
    assert "for you: make main the default branch, whose workflows deploy; it is develop" in said
