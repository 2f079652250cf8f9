"""An environment of the repository has approvers, refs that may use it, secrets and variables."""

from __future__ import annotations

import pytest

from tests.delivery.github.repository_setup import SETUP, UNCHANGED, add_all_secrets, find_rule, list_refs, set_up

TEAM = {"type": "Team", "reviewer": {"slug": "ops", "id": 4}}
REVIEWS = {"type": "required_reviewers", "prevent_self_review": True, "reviewers": [TEAM]}


def build_environment(*rules, policies=True):
    policy = {"protected_branches": not policies, "custom_branch_policies": policies}
    return {
        "name": "production",
        "can_admins_bypass": False,
        "deployment_branch_policy": policy,
        "protection_rules": list(rules),
    }


def test_setup_asks_a_person_to_switch_off_the_administrators_bypass(github, slipway):
    add_all_secrets(github)
    slipway(*SETUP, "--apply")
    github.environments["production"]["can_admins_bypass"] = True
    status, said = slipway(*SETUP)
    assert status == 1
    assert (
        "for you: switch off 'Allow administrators to bypass' for environment production: https://github.com" in said
    )


def test_missing_secrets_are_named_and_values_never_asked(github, slipway):
    add_all_secrets(github)
    github.secrets["production"].remove("PULUMI_CONFIG_PASSPHRASE")
    status, said = slipway(*SETUP, "--apply")
    assert status == 1
    assert "for you: set secret PULUMI_CONFIG_PASSPHRASE of environment production: `gh secret set" in said


@pytest.mark.parametrize("hosts", [("r.example/one", "r.example/two"), ("r.example/one", "r.example/one")])
def test_prod_with_its_own_registry_needs_stagings_registry_token(github, slipway, checkout, hosts):
    for stack, host in zip(("staging", "prod"), hosts, strict=True):
        (checkout.folder / f"Pulumi.{stack}.yaml").write_text(
            f"config: {{'slipway:registry': {{name: acme, host: {host}}}, 'slipway:services': {{}}}}\n"
        )
    _, said = slipway(*SETUP)
    assert ("set secret STAGING_REGISTRY_TOKEN of environment production" in said) == (hosts[0] != hosts[1])


def test_more_secrets_and_variables_than_a_page_lists_are_read(github, slipway):
    set_up(github, slipway)
    for values in (github.secrets, github.variables):
        values["production"] = [*(f"A{number}" for number in range(130)), *values["production"]]
    assert slipway(*SETUP) == (0, UNCHANGED)


def test_teams_timers_and_rules_that_others_added_stay(github, slipway):
    custom = {"id": 9, "type": "change-window"}
    github.environments["production"] = build_environment(REVIEWS, {"type": "wait_timer", "wait_timer": 30}, custom)
    _, said = slipway("account", "setup-github", "--reviewer", "user1")
    assert "stays: team ops approves, a wait of 30 minutes, rule change-window" in said
    slipway("account", "setup-github", "--reviewer", "user1", "--apply")
    approvers = find_rule(github, "production", "required_reviewers")["reviewers"]
    assert {each["reviewer"]["id"] for each in approvers} == {1, 4}
    assert find_rule(github, "production", "wait_timer")["wait_timer"] == 30
    assert find_rule(github, "production", "change-window") == custom
    assert "environment production" not in slipway("account", "setup-github", "--reviewer", "user1")[1].replace(
        "of environment production", ""
    )


def test_a_team_may_approve(github, slipway):
    add_all_secrets(github)
    words = ("account", "setup-github", "--reviewer", "acme/ops")
    assert slipway(*words, "--apply")[0] == 0
    assert find_rule(github, "production", "required_reviewers")["reviewers"] == [TEAM]
    assert slipway(*words) == (0, UNCHANGED)


@pytest.mark.parametrize(
    ("reviewer", "status", "message"),
    [
        ("other/ops", 3, "only a team of acme can approve here"),
        ("acme/nobody", 3, "--reviewer acme/nobody: GitHub knows no such team"),
        ("stranger", 3, "--reviewer stranger: GitHub knows no such person"),
        ("", 3, "--reviewer '': write a login such as ada"),
        ("a/b/c", 3, "write a login such as ada, or a team such as acme/operations"),
    ],
)
def test_a_reviewer_who_cannot_approve_is_named(github, slipway, reviewer, status, message):
    result, said = slipway("account", "setup-github", "--reviewer", reviewer, "--apply")
    assert (result, message in said, github.writes()) == (status, True, [])


def test_reviewers_that_do_not_fit_beside_existing_ones_are_refused(github, slipway):
    people = [{"type": "User", "reviewer": {"login": f"old{n}", "id": n}} for n in range(5)]
    github.environments["production"] = build_environment({**REVIEWS, "reviewers": people})
    status, said = slipway(*SETUP)
    assert (status, "environment production has 5 other reviewers" in said) == (3, True)


def test_protected_branches_that_are_replaced_are_named(github, slipway):
    github.environments["production"] = build_environment(REVIEWS, policies=False)
    assert "taken away: 'protected branches only', for a list of branches" in slipway(*SETUP)[1]


def test_the_refs_of_an_environment_for_any_branch_are_left_alone(github, slipway):
    set_up(github, slipway)
    policy = {"protected_branches": True, "custom_branch_policies": False}
    github.environments["preview-prod"]["deployment_branch_policy"] = policy
    assert slipway(*SETUP) == (0, UNCHANGED)


def test_version_tags_may_no_longer_use_production(github, slipway):
    set_up(github, slipway)
    for number in range(120):
        github.policies["production"].append({"id": 100 + number, "name": f"release/{number}", "type": "branch"})
    github.policies["production"].append({"id": 300, "name": "v*", "type": "tag"})
    assert "let tag v* no longer use environment production" in slipway(*SETUP)[1]
    assert slipway(*SETUP, "--apply")[0] == 0
    assert ("tag", "v*") not in list_refs(github, "production")
    assert len(list_refs(github, "production")) == 121
