"""The rulesets of the repository protect its branches and version tags, with what others added to them."""

from __future__ import annotations

from tests.delivery.github.repository_setup import SETUP, UNCHANGED, list_refs, set_up


def test_nobody_can_move_or_remove_a_version(github, slipway):
    set_up(github, slipway)
    fixed, creation = github.rulesets[1:]
    assert (fixed["bypass_actors"], [each["type"] for each in fixed["rules"]]) == ([], ["update", "deletion"])
    assert [each["type"] for each in creation["rules"]] == ["creation"]
    assert [each["actor_id"] for each in creation["bypass_actors"]] == [2]


def test_an_older_ruleset_is_split_and_its_bypass_is_named(github, slipway):
    set_up(github, slipway)
    maintain = {"actor_id": 2, "actor_type": "RepositoryRole", "bypass_mode": "always"}
    github.rulesets[1].update(bypass_actors=[maintain], rules=[{"type": "creation"}, *github.rulesets[1]["rules"]])
    assert "'Version tags' back to what they should be; taken away: bypass of RepositoryRole 2" in slipway(*SETUP)[1]
    set_up(github, slipway)
    assert [each["type"] for each in github.rulesets[1]["rules"]] == ["update", "deletion"]


def test_only_actions_may_set_the_required_checks(github, slipway):
    set_up(github, slipway)
    [checks] = [each for each in github.rulesets[0]["rules"] if each["type"] == "required_status_checks"]
    assert checks["parameters"]["required_status_checks"] == [
        {"context": name, "integration_id": 15368}
        for name in ("required-checks", "preview-checks", "rehearsal-checks")
    ]


def test_an_enterprise_server_names_its_own_app_of_actions(github, slipway, monkeypatch):
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://ghe.example")
    set_up(github, slipway)
    assert "'integration_id': 99" in str(github.rulesets[0])
    github.environments["production"]["can_admins_bypass"] = True
    assert "https://ghe.example/acme/todo/settings/environments" in slipway(*SETUP)[1]


def test_rules_and_checks_that_others_added_stay(github, slipway):
    set_up(github, slipway)
    branch = github.rulesets[0]
    [checks] = [each for each in branch["rules"] if each["type"] == "required_status_checks"]
    checks["parameters"]["required_status_checks"].append({"context": "legal", "integration_id": 99})
    branch["rules"].append({"type": "required_signatures"})
    assert slipway(*SETUP) == (0, UNCHANGED)
    branch["enforcement"] = "disabled"
    set_up(github, slipway)
    assert "legal" in str(branch)
    assert "required_signatures" in str(branch)


def test_a_stricter_rule_stays_as_it_is(github, slipway):
    set_up(github, slipway)
    rules = {rule["type"]: rule for rule in github.rulesets[0]["rules"]}
    reviews = rules["pull_request"]["parameters"]
    reviews["required_approving_review_count"] = 2
    reviews["allowed_merge_methods"] = ["squash"]
    assert slipway(*SETUP) == (0, UNCHANGED)
    reviews["dismiss_stale_reviews_on_push"] = False
    set_up(github, slipway)
    [changed] = [rule for rule in github.rulesets[0]["rules"] if rule["type"] == "pull_request"]
    assert changed["parameters"]["required_approving_review_count"] == 2
    assert changed["parameters"]["dismiss_stale_reviews_on_push"] is True
    assert changed["parameters"]["allowed_merge_methods"] == ["squash"]


def test_a_ruleset_of_the_organization_is_not_taken_for_ours(github, slipway):
    github.rulesets.append({"id": 1, "name": "Version tags", "source_type": "Organization"})
    _, said = slipway(*SETUP)
    assert "make rules 'Version tags'" in said


def test_a_merge_queue_is_a_ruleset_of_its_own(github, slipway):
    set_up(github, slipway, "--merge-queue")
    assert [each["type"] for each in github.rulesets[3]["rules"]] == ["merge_queue"]
    assert slipway(*SETUP, "--merge-queue") == (0, UNCHANGED)


def test_rules_whose_answer_was_lost_are_made_once(github, slipway, monkeypatch):
    monkeypatch.setattr("delivery.github.client.sleep", lambda _: None)
    github.loses_each_once = True
    set_up(github, slipway)
    assert len(github.rulesets) == 3
    assert list_refs(github, "staging") == [("branch", "develop"), ("branch", "main")]
