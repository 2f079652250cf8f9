"""Who starts what of `preview-environment`, with which rights and secrets, and by whose code."""

from __future__ import annotations

import copy
import re

import pytest

from tests.workflows.expressions import evaluate, run_jobs
from tests.workflows.workflows import ROOT, Job, read_workflows

WORKFLOW = read_workflows(ROOT / ".github").files["preview-environment"]
OURS, FORK = {"full_name": "acme/todo"}, {"full_name": "somebody/todo"}
UPDATES = ("wanted", "plan", "build", "deploy", "comment")
REMOVAL = ("wanted", "remove", "comment")
NIGHTLY = ("wanted", "sweep", "comments")
OPENING = ("opened", "synchronize", "reopened")


def pull_request(action, *, repo=OURS, user="User", **fields):
    """The context `github` of an event of a pull request; `fields` of the pull request itself."""
    pull = {"number": 7, "head": {"sha": "b" * 40, "repo": repo}, "user": {"type": user}, "draft": False, **fields}
    return context("pull_request_target", action=action, pull_request=pull)


def context(name, ref_name="main", **event):
    repository = {"full_name": "acme/todo", "default_branch": "main"}
    return {
        "event_name": name,
        "repository": "acme/todo",
        "ref_name": ref_name,
        "event": {"repository": repository, **event},
    }


def list_run(github, *, build="backend", wanted="true", found="true", **how):
    """The jobs that are not skipped, when the registry lacks the images of some services."""
    outputs = {"wanted": {"wanted": wanted}, "plan": {"build": build}, "remove": {"found": found}}
    results = run_jobs(WORKFLOW, github, outputs=outputs, **how)
    return tuple(name for name in WORKFLOW["jobs"] if results[name] != "skipped")


@pytest.mark.parametrize("action", OPENING)
@pytest.mark.parametrize("draft", [False, True], ids=["ready", "draft"])
def test_a_pull_request_of_the_repository_gets_an_environment(action, draft):
    assert list_run(pull_request(action, draft=draft, labels=[{"name": "anything"}])) == UPDATES


@pytest.mark.parametrize("action", [*OPENING, "closed"])
@pytest.mark.parametrize(
    "facts",
    [{"repo": FORK}, {"repo": None}, {"user": "Bot"}, {"user": "bot"}, {"repo": FORK, "user": "Bot"}],
    ids=["fork", "deleted fork", "bot", "bot in small letters", "bot of a fork"],
)
def test_forks_and_bots_start_no_job(action, facts):
    assert list_run(pull_request(action, **facts)) == ()


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "given up"])
def test_a_pull_request_that_is_closed_loses_its_environment(merged):
    assert list_run(pull_request("closed", merged=merged)) == REMOVAL


def test_closing_a_pull_request_without_environment_adds_no_comment():
    assert list_run(pull_request("closed"), found="false") == ("wanted", "remove")
    assert list_run(pull_request("closed"), found="", ends={"remove": "failure"}) == REMOVAL


@pytest.mark.parametrize(
    "github", [pull_request("opened"), pull_request("closed"), context("schedule"), context("workflow_dispatch")]
)
def test_runs_pass_without_comment_if_the_stack_has_no_environments(github):
    assert list_run(github, wanted="false") == ("wanted",)


def test_no_other_action_on_a_pull_request_starts_a_run():
    assert set(WORKFLOW["on"]["pull_request_target"]) == {"types"}
    assert set(WORKFLOW["on"]["pull_request_target"]["types"]) == {*OPENING, "closed"}
    assert not {"push", "pull_request", "issue_comment", "workflow_run"} & set(WORKFLOW["on"])


def test_the_sweep_runs_nightly_or_manually_on_the_default_branch():
    assert list_run(context("schedule")) == NIGHTLY
    assert list_run(context("workflow_dispatch")) == NIGHTLY
    assert list_run(context("workflow_dispatch", ref_name="my-branch")) == ()


def test_an_environment_with_existing_images_deploys_without_a_build():
    assert list_run(pull_request("synchronize"), build="") == ("wanted", "plan", "deploy", "comment")


@pytest.mark.parametrize(
    ("failed", "run"),
    [
        ("wanted", ("wanted",)),
        ("plan", ("wanted", "plan", "comment")),
        ("build", ("wanted", "plan", "build", "comment")),
        ("deploy", UPDATES),
    ],
)
def test_what_fails_ends_the_update_and_is_what_the_comment_says(failed, run):
    assert list_run(pull_request("opened"), ends={failed: "failure"}) == run


def test_a_removal_and_a_sweep_that_fail_are_commented_on_too():
    assert list_run(pull_request("closed"), ends={"remove": "failure"}) == REMOVAL
    assert list_run(context("schedule"), ends={"sweep": "failure"}) == NIGHTLY


def test_a_run_that_is_cancelled_goes_no_further():
    assert list_run(pull_request("opened"), cancelled=True) == ()


def test_a_run_waits_only_for_runs_of_the_same_pull_request():
    group = WORKFLOW["concurrency"]["group"]
    assert re.findall(r"\$\{\{ (.+?) \}\}", group) == ["github.event.pull_request.number || 'sweep'"]


# What a job may do, whether it has the environment's secrets, and whether it writes to GitHub.
READS, COMMENTS = {"contents": "read"}, {"contents": "read", "pull-requests": "write"}
CHANGES = {**READS, "actions": "read"}  # whose run holds a lock
RIGHTS = {
    "wanted": (READS, set()),
    "plan": (READS, {"DIGITALOCEAN_TOKEN"}),
    "build": (READS, set()),
    "deploy": (CHANGES, {"DIGITALOCEAN_TOKEN", "PREVIEW_ENVIRONMENTS_KUBECONFIG", "STATE"}),
    "remove": (CHANGES, {"DIGITALOCEAN_TOKEN", "PREVIEW_ENVIRONMENTS_KUBECONFIG", "STATE"}),
    "comment": (COMMENTS, set()),
    "sweep": (
        {**CHANGES, "pull-requests": "read"},
        {"DIGITALOCEAN_TOKEN", "PREVIEW_ENVIRONMENTS_KUBECONFIG", "STATE"},
    ),
    "comments": (COMMENTS, set()),
}
STATE = {"PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


@pytest.mark.parametrize("name", WORKFLOW["jobs"])
def test_a_job_holds_what_it_needs_and_no_more(name):
    job = Job("preview-environment", name, WORKFLOW["jobs"][name])
    rights, secrets = RIGHTS[name]
    expected = secrets - {"STATE"} | (STATE if "STATE" in secrets else set())
    assert job.content["permissions"] == rights
    assert set(re.findall(r"secrets\.(\w+)", job.text)) == expected
    assert job.environment == ("preview-environments" if secrets else None)


@pytest.mark.parametrize("name", WORKFLOW["jobs"])
def test_each_job_first_checks_out_the_default_branch(name):
    """No job sets another ref: the code of the event is the default branch's."""
    job = Job("preview-environment", name, WORKFLOW["jobs"][name])
    [checkout] = job.uses("actions/checkout@")
    assert set(checkout["with"]) <= {"persist-credentials", "fetch-depth"}
    first = next(number for number, step in enumerate(job.steps) if step is checkout)
    assert all("uses" in step for step in job.steps[: first + 1]), "something runs before the checkout"


@pytest.mark.parametrize(
    ("name", "part", "github"),
    [
        ("plan", "github.event.pull_request.head.repo.full_name == github.repository", {"repo": FORK}),
        ("remove", "github.event.pull_request.user.type != 'Bot'", {"user": "Bot"}),
    ],
)
def test_without_its_condition_a_job_would_run_for_strangers(name, part, github):
    jobs = copy.deepcopy(WORKFLOW)
    jobs["jobs"][name]["if"] = jobs["jobs"][name]["if"].replace(part, "true")
    jobs["jobs"]["wanted"]["if"] = "true"
    event = pull_request("closed" if name == "remove" else "opened", **github)
    results = run_jobs(jobs, event, outputs={"wanted": {"wanted": "true"}})
    assert results[name] == "success"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("github.a == 'x' && github.b != 'y'", True),
        ("github.a == 'X'", True),
        ("!(github.a == 'x') || github.none.at.all == 'x'", False),
        ("${{ !cancelled() && needs.a.result == 'success' }}", True),
        ("needs.a.outputs.none != ''", False),
    ],
)
def test_conditions_are_read_as_github_reads_them(condition, holds):
    contexts = {"github": {"a": "x"}, "needs": {"a": {"result": "success", "outputs": {}}}}
    assert evaluate(condition, contexts, {"cancelled()": False}) is holds


def test_a_condition_that_is_not_understood_is_no_answer():
    with pytest.raises(ValueError, match="contains"):
        evaluate("contains(github.ref, 'x')", {"github": {}}, {})
