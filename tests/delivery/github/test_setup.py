from __future__ import annotations

import pytest
from starlette.responses import JSONResponse

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


def test_setup_asks_a_person_to_switch_off_the_administrators_bypass(github, slipway):
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


def test_a_rule_that_the_plan_lacks_is_reported_with_its_alternative(github, slipway):
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
def test_prod_with_its_own_registry_needs_stagings_registry_token(github, slipway, checkout, hosts):
    for stack, host in zip(("staging", "prod"), hosts, strict=True):
        (checkout.folder / f"Pulumi.{stack}.yaml").write_text(
            f"config: {{'slipway:registry': {{name: acme, host: {host}}}, 'slipway:services': {{}}}}\n"
        )
    _, said = slipway(*APPLY)
    assert ("set secret STAGING_REGISTRY_TOKEN of environment production" in said) == (hosts[0] != hosts[1])


def as_it_should_be(github, slipway, *words):
    give_all_secrets(github)
    status, said = slipway(*APPLY, "--apply", *words)
    assert status == 0, said


def environment(*rules, policies=True):
    policy = {"protected_branches": not policies, "custom_branch_policies": policies}
    return {
        "name": "production",
        "can_admins_bypass": False,
        "deployment_branch_policy": policy,
        "protection_rules": list(rules),
    }


TEAM = {"type": "Team", "reviewer": {"slug": "ops", "id": 4}}
REVIEWS = {"type": "required_reviewers", "prevent_self_review": True, "reviewers": [TEAM]}


def test_teams_timers_and_rules_that_are_there_stay(github, slipway):
    custom = {"id": 9, "type": "change-window"}
    github.environments["production"] = environment(REVIEWS, {"type": "wait_timer", "wait_timer": 30}, custom)
    _, said = slipway("account", "setup-github", "--reviewer", "user1")
    assert "stays: team ops approves, a wait of 30 minutes, rule change-window" in said
    slipway("account", "setup-github", "--reviewer", "user1", "--apply")
    assert {each["reviewer"]["id"] for each in rule(github, "production", "required_reviewers")["reviewers"]} == {
        1,
        4,
    }
    assert rule(github, "production", "wait_timer")["wait_timer"] == 30
    assert rule(github, "production", "change-window") == custom
    assert "environment production" not in slipway("account", "setup-github", "--reviewer", "user1")[1].replace(
        "of environment production", ""
    )


def test_a_team_may_approve(github, slipway):
    give_all_secrets(github)
    words = ("account", "setup-github", "--reviewer", "acme/ops")
    assert slipway(*words, "--apply")[0] == 0
    assert rule(github, "production", "required_reviewers")["reviewers"] == [TEAM]
    assert slipway(*words) == (0, "everything is as it should be\n")


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
def test_a_reviewer_who_cannot_be_is_named(github, slipway, reviewer, status, message):
    result, said = slipway("account", "setup-github", "--reviewer", reviewer, "--apply")
    assert (result, message in said, github.writes()) == (status, True, [])


def test_reviewers_that_do_not_fit_beside_existing_ones_are_refused(github, slipway):
    people = [{"type": "User", "reviewer": {"login": f"old{n}", "id": n}} for n in range(5)]
    github.environments["production"] = environment({**REVIEWS, "reviewers": people})
    status, said = slipway(*APPLY)
    assert (status, "environment production has 5 other reviewers" in said) == (3, True)


def test_protected_branches_that_are_replaced_are_named(github, slipway):
    github.environments["production"] = environment(REVIEWS, policies=False)
    assert "taken away: 'protected branches only', for a list of branches" in slipway(*APPLY)[1]


def test_the_refs_of_an_environment_for_any_branch_are_left_alone(github, slipway):
    as_it_should_be(github, slipway)
    policy = {"protected_branches": True, "custom_branch_policies": False}
    github.environments["preview-prod"]["deployment_branch_policy"] = policy
    assert slipway(*APPLY) == (0, "everything is as it should be\n")


def test_version_tags_may_not_use_production_any_more(github, slipway):
    as_it_should_be(github, slipway)
    for number in range(120):
        github.policies["production"].append({"id": 100 + number, "name": f"release/{number}", "type": "branch"})
    github.policies["production"].append({"id": 300, "name": "v*", "type": "tag"})
    assert "let tag v* no longer use environment production" in slipway(*APPLY)[1]
    assert slipway(*APPLY, "--apply")[0] == 0
    assert ("tag", "v*") not in refs(github, "production")
    assert len(refs(github, "production")) == 121


def test_nobody_can_move_or_remove_a_version(github, slipway):
    as_it_should_be(github, slipway)
    fixed, creation = github.rulesets[1:]
    assert (fixed["bypass_actors"], [each["type"] for each in fixed["rules"]]) == ([], ["update", "deletion"])
    assert [each["type"] for each in creation["rules"]] == ["creation"]
    assert [each["actor_id"] for each in creation["bypass_actors"]] == [2]


def test_an_older_ruleset_is_split_and_its_bypass_is_named(github, slipway):
    as_it_should_be(github, slipway)
    maintain = {"actor_id": 2, "actor_type": "RepositoryRole", "bypass_mode": "always"}
    github.rulesets[1].update(bypass_actors=[maintain], rules=[{"type": "creation"}, *github.rulesets[1]["rules"]])
    assert "'Version tags' back to what they should be; taken away: bypass of RepositoryRole 2" in slipway(*APPLY)[1]
    as_it_should_be(github, slipway)
    assert [each["type"] for each in github.rulesets[1]["rules"]] == ["update", "deletion"]


def test_only_actions_may_set_the_required_checks(github, slipway):
    as_it_should_be(github, slipway)
    [checks] = [each for each in github.rulesets[0]["rules"] if each["type"] == "required_status_checks"]
    assert checks["parameters"]["required_status_checks"] == [
        {"context": name, "integration_id": 15368}
        for name in ("required-checks", "preview-checks", "rehearsal-checks")
    ]


def test_an_enterprise_host_is_asked_for_its_own_actions(github, slipway, monkeypatch):
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://ghe.example")
    as_it_should_be(github, slipway)
    assert "'integration_id': 99" in str(github.rulesets[0])
    github.environments["production"]["can_admins_bypass"] = True
    assert "https://ghe.example/acme/todo/settings/environments" in slipway(*APPLY)[1]


def test_rules_and_checks_that_others_added_stay(github, slipway):
    as_it_should_be(github, slipway)
    branch = github.rulesets[0]
    [checks] = [each for each in branch["rules"] if each["type"] == "required_status_checks"]
    checks["parameters"]["required_status_checks"].append({"context": "legal", "integration_id": 99})
    branch["rules"].append({"type": "required_signatures"})
    assert slipway(*APPLY) == (0, "everything is as it should be\n")
    branch["enforcement"] = "disabled"
    as_it_should_be(github, slipway)
    assert "legal" in str(branch)
    assert "required_signatures" in str(branch)


def test_a_stricter_rule_stays_as_it_is(github, slipway):
    as_it_should_be(github, slipway)
    rules = {rule["type"]: rule for rule in github.rulesets[0]["rules"]}
    reviews = rules["pull_request"]["parameters"]
    reviews["required_approving_review_count"] = 2
    reviews["allowed_merge_methods"] = ["squash"]
    assert slipway(*APPLY) == (0, "everything is as it should be\n")
    reviews["dismiss_stale_reviews_on_push"] = False
    as_it_should_be(github, slipway)
    [changed] = [rule for rule in github.rulesets[0]["rules"] if rule["type"] == "pull_request"]
    assert changed["parameters"]["required_approving_review_count"] == 2
    assert changed["parameters"]["dismiss_stale_reviews_on_push"] is True
    assert changed["parameters"]["allowed_merge_methods"] == ["squash"]


def test_a_ruleset_of_the_organization_is_not_taken_for_ours(github, slipway):
    github.rulesets.append({"id": 1, "name": "Version tags", "source_type": "Organization"})
    _, said = slipway(*APPLY)
    assert "make rules 'Version tags'" in said


def test_a_repository_with_main_alone_is_set_up(github, slipway, checkout):
    del github.heads["develop"]
    give_all_secrets(github)
    _, said = slipway(*APPLY)
    assert "for you: branch develop is not on GitHub: push it, or name another under on.push.branches" in said
    checkout.write_branches("main")
    as_it_should_be(github, slipway)
    assert refs(github, "staging") == [("branch", "main")]
    assert github.rulesets[0]["conditions"]["ref_name"]["include"] == ["refs/heads/main"]
    assert slipway(*APPLY) == (0, "everything is as it should be\n")


def test_the_branch_whose_workflows_run_is_the_default_branch(github, slipway):
    github.default_branch = "develop"
    _, said = slipway(*APPLY)
    assert "for you: make main the default branch, whose workflows deploy; it is develop" in said


def test_a_merge_queue_is_a_ruleset_of_its_own(github, slipway):
    as_it_should_be(github, slipway, "--merge-queue")
    assert [each["type"] for each in github.rulesets[3]["rules"]] == ["merge_queue"]
    assert slipway(*APPLY, "--merge-queue") == (0, "everything is as it should be\n")


def test_more_secrets_and_variables_than_a_page_lists_are_read(github, slipway):
    as_it_should_be(github, slipway)
    for values in (github.secrets, github.variables):
        values["production"] = [*(f"A{number}" for number in range(130)), *values["production"]]
    assert slipway(*APPLY) == (0, "everything is as it should be\n")


def test_rules_whose_answer_was_lost_are_made_once(github, slipway, monkeypatch):
    monkeypatch.setattr("delivery.github.client.sleep", lambda _: None)
    github.loses_each_once = True
    as_it_should_be(github, slipway)
    assert len(github.rulesets) == 3
    assert refs(github, "staging") == [("branch", "develop"), ("branch", "main")]


def test_the_environment_has_no_reviewers_if_the_plan_has_none(github, slipway):
    give_all_secrets(github)
    real = github.put_environments_environment
    message = "Failed to create the environment protection rule. Please ensure the billing plan supports it."

    def put(request, body):
        return JSONResponse({"message": message}, 422) if body.get("reviewers") else real(request, body)

    github.put_environments_environment = put
    status, said = slipway(*APPLY, "--apply")
    assert (status, "not in this repository's plan: make environment production" in said) == (1, True)
    assert "leave the secrets of preview-prod unset" in said
    assert refs(github, "production") == [("branch", "main")]
