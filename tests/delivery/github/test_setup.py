from __future__ import annotations

import pytest

from delivery.github.repository_settings import ENVIRONMENTS

APPLY = ("account", "setup-github", "--reviewer", "user7", "--reviewer", "user8")


def give_all_secrets(github):
    for environment in ENVIRONMENTS:
        github.secrets[environment.name] = list(environment.secrets)
        github.variables[environment.name] = list(environment.variables)


def rule(github, environment, kind):
    [found] = [each for each in github.environments[environment]["protection_rules"] if each["type"] == kind]
    return found


def refs(github, environment):
    return [(policy["type"], policy["name"]) for policy in github.policies[environment]]


def test_a_dry_run_says_everything_and_changes_nothing(github, slipway):
    status, said = slipway(*APPLY)
    assert status == 1
    assert "to do: make environment production, approved by user7, user8 and not by who started it" in said
    assert "to do: make environment preview-prod, approved by user7, user8\n" in said
    assert "to do: let branch main use environment production" in said
    assert "to do: make rules 'Protected branches'" in said
    assert "for you: set secret DIGITALOCEAN_TOKEN of environment staging: `gh secret set DIGITALOCEAN_TOKEN" in said
    assert said.endswith("nothing was changed; apply with --apply\n")
    assert github.writes() == []


def test_it_is_set_up_and_then_as_it_should_be(github, slipway):
    give_all_secrets(github)
    status, said = slipway(*APPLY, "--apply")
    assert status == 0, said
    reviewers = rule(github, "production", "required_reviewers")
    assert {entry["reviewer"]["id"] for entry in reviewers["reviewers"]} == {7, 8}
    assert reviewers["prevent_self_review"] is True
    assert rule(github, "preview-prod", "required_reviewers")["prevent_self_review"] is False
    assert refs(github, "production") == [("branch", "main")]
    assert refs(github, "notifications") == [("branch", "develop"), ("branch", "main")]
    assert [rules["target"] for rules in github.rulesets] == ["branch", "tag", "tag"]
    assert github.workflow_permissions["default_workflow_permissions"] == "read"
    writes = len(github.writes())
    assert slipway(*APPLY) == (0, "everything is as it should be\n")
    assert len(github.writes()) == writes


def test_an_approval_that_administrators_may_skip_is_a_persons_to_close(github, slipway):
    give_all_secrets(github)
    slipway(*APPLY, "--apply")
    github.environments["production"]["can_admins_bypass"] = True
    status, said = slipway(*APPLY)
    assert status == 1
    assert (
        "for you: switch off 'Allow administrators to bypass' for environment production: https://github.com" in said
    )


def test_change_by_hand_is_reverted(github, slipway):
    give_all_secrets(github)
    slipway(*APPLY, "--apply")
    github.environments["production"]["protection_rules"] = []
    github.rulesets[0]["enforcement"] = "disabled"
    status, said = slipway(*APPLY, "--apply")
    assert (status, said.splitlines()) == (
        0,
        [
            "done: change environment production, approved by user7, user8 and not by who started it",
            "done: change rules 'Protected branches' back to what they should be",
            "everything is as it should be",
        ],
    )
    assert github.rulesets[0]["enforcement"] == "active"


def test_what_the_plan_does_not_allow_is_said_with_what_holds_instead(github, slipway):
    give_all_secrets(github)
    message = "Failed to create the environment protection rule. Please ensure the billing plan supports it."
    github.refused["PUT", "/environments/production"] = (422, message)
    github.refused["POST", "/rulesets"] = (
        403,
        "Upgrade to GitHub Pro or make this repository public to enable this feature.",
    )
    status, said = slipway(*APPLY, "--apply")
    assert status == 1
    assert "not in this repository's plan: make environment production" in said
    assert "instead: the version tags' rule says who may release" in said
    assert "not in this repository's plan: make rules 'Version tags'" in said


def test_another_refusal_is_an_error(github, slipway):
    github.refused["PUT", "/environments/"] = (400, "no")
    status, said = slipway(*APPLY, "--apply")
    assert (status, "GitHub answers 400 to PUT" in said) == (1, True)


@pytest.mark.parametrize("count", [0, 7])
def test_one_to_six_people_approve(github, slipway, count):
    words = [word for number in range(count) for word in ("--reviewer", f"user{number}")]
    status, said = slipway("account", "setup-github", *words)
    assert (status, "name one to 6 reviewers of production" in said) == (3, True)


def test_missing_secrets_are_named_and_values_never_asked(github, slipway):
    give_all_secrets(github)
    github.secrets["production"].remove("PULUMI_CONFIG_PASSPHRASE")
    status, said = slipway(*APPLY, "--apply")
    assert status == 1
    assert "for you: set secret PULUMI_CONFIG_PASSPHRASE of environment production: `gh secret set" in said


@pytest.mark.parametrize("hosts", [("r.example/one", "r.example/two"), ("r.example/one", "r.example/one")])
def test_the_token_of_stagings_registry_is_needed_where_prod_has_another(
    github, slipway, tmp_path, monkeypatch, hosts
):
    for stack, host in zip(("staging", "prod"), hosts, strict=True):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(
            f"config: {{'slipway:registry': {{name: acme, host: {host}}}, 'slipway:services': {{}}}}\n"
        )
    monkeypatch.chdir(tmp_path)
    _, said = slipway(*APPLY)
    assert ("set secret STAGING_REGISTRY_TOKEN of environment production" in said) == (hosts[0] != hosts[1])
