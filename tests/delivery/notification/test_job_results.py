from __future__ import annotations

import json

import pytest

TITLE = ("ci", "notify", "--title", "deploy")


def needs(**jobs):
    return json.dumps(
        {
            name: {"result": job, "outputs": {}} if isinstance(job, str) else {"result": job[0], "outputs": job[1]}
            for name, job in jobs.items()
        }
    )


NEWER = ("success", {"released": "false"})
BACK = ("failure", {"released": "false", "rolled-back": "true"})
HELD = ("success", {"released": "false", "held": "true"})
RELEASED = ("success", {"released": "true", "rolled-back": "false", "held": "false"})


@pytest.mark.parametrize(
    ("jobs", "head"),
    [
        ({"plan": "success", "staging": "skipped", "production": "failure"}, "❌"),
        ({"plan": "success", "staging": "cancelled"}, "⏹️"),
        ({"plan": "success", "staging": "skipped"}, "✅"),
        ({"plan": "skipped"}, "⏭️"),
        ({"plan": "success", "staging": RELEASED}, "✅"),
        ({"plan": "success", "staging": NEWER}, "⏭️"),
        ({"plan": "success", "staging": RELEASED, "production": NEWER}, "✅"),
        ({"plan": "success", "staging": BACK}, "↩️"),
        ({"plan": "success", "staging": BACK, "production": "failure"}, "❌"),
        ({"plan": "success", "staging": BACK, "production": "cancelled"}, "↩️"),
        ({"plan": "success", "staging": HELD}, "✋"),
        ({"plan": "success", "staging": ("success", {"rolled-back": "true"})}, "↩️"),
        ({"plan": "success", "staging": ("success", None)}, "✅"),
        ({"plan": "success", "staging": ("skipped", {"released": "false"})}, "✅"),
    ],
)
def test_worst_result_of_a_workflow_is_sent(slack, slipway, jobs, head):
    assert slipway(*TITLE, "--results", needs(**jobs))[0] == 0
    assert slack.sent[0].startswith(f"*{head} deploy*")


def test_how_a_release_answered_is_said(slack, slipway):
    figures = "backend: 97.6% of 41 requests failed in 5 s: more than 2 % failed"
    job = ("failure", {"rolled-back": "true", "behaviour": figures})
    slipway(*TITLE, "--results", needs(plan="success", staging=job))
    assert f"staging: {figures}" in slack.sent[0]


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (NEWER, "staging: nothing to deploy: a newer release runs"),
        (BACK, "staging: the release failed, and the last good one runs again"),
        (HELD, "staging: nothing was deployed: the stack is held"),
    ],
)
def test_what_became_of_the_release_is_said(slack, slipway, job, text):
    slipway(*TITLE, "--results", needs(plan="success", staging=job), "--text", "by Ada")
    assert slack.sent[0].splitlines()[1:] == ["by Ada", text]


@pytest.mark.parametrize(
    "results",
    [
        "",
        "[]",
        "null",
        '{"plan": 5}',
        '{"plan": null}',
        '{"plan": {"result": "great"}}',
        '{"plan": {"outputs": {}}}',
        '{"plan": {"result": "success", "outputs": []}}',
        '{"plan": {"result": "succ',
        "[" * 100_000,
    ],
)
def test_what_is_not_the_results_of_jobs_is_refused(slack, slipway, results):
    status, said = slipway(*TITLE, "--results", results)
    assert (status, "--results is not toJSON(needs)" in said, slack.sent) == (5, True, []), said
    assert len(said) < 600
