"""A step of the set-up has an alternative where the plan of the repository lacks a feature."""

from __future__ import annotations

from starlette.responses import JSONResponse

from tests.delivery.github.repository_setup import SETUP, add_all_secrets, list_refs


def test_a_rule_that_the_plan_lacks_is_reported_with_its_alternative(github, slipway):
    add_all_secrets(github)
    message = "Failed to create the environment protection rule. Please ensure the billing plan supports it."
    github.refused["PUT", "/environments/production"] = (422, message)
    github.refused["POST", "/rulesets"] = (
        403,
        "Upgrade to GitHub Pro or make this repository public to enable this feature.",
    )
    status, said = slipway(*SETUP, "--apply")
    assert status == 1
    assert "not in this repository's plan: make environment production" in said
    assert "instead: the version tags' rule says who may release" in said
    assert "not in this repository's plan: make rules 'Version tags'" in said


def test_setup_fails_on_any_other_refusal(github, slipway):
    github.refused["PUT", "/environments/"] = (400, "no")
    status, said = slipway(*SETUP, "--apply")
    assert (status, "GitHub answers 400 to PUT" in said) == (1, True)


def test_the_environment_has_no_reviewers_if_the_plan_has_none(github, slipway):
    add_all_secrets(github)
    real = github.put_environments_environment
    message = "Failed to create the environment protection rule. Please ensure the billing plan supports it."

    def put(request, body):
        return JSONResponse({"message": message}, 422) if body.get("reviewers") else real(request, body)

    github.put_environments_environment = put
    status, said = slipway(*SETUP, "--apply")
    assert (status, "not in this repository's plan: make environment production" in said) == (1, True)
    assert "leave the secrets of preview-prod unset" in said
    assert list_refs(github, "production") == [("branch", "main")]
