"""`slipway ci report` opens an issue for each failing job of a branch, and closes it when the job passes."""

from __future__ import annotations

import pytest

from tests.delivery.github.failed_run import LOG, report


def test_a_failing_job_on_develop_gets_an_issue_with_its_log(failed_run, github, slipway):
    assert slipway("ci", "report", "--run", "77")[0] == 0
    [issue] = github.issues
    assert issue["title"] == "ci: lint fails on develop (ada)"
    assert (issue["labels"], issue["assignees"]) == (["ci-failure"], ["ada"])
    assert "step *Run make lint*" in issue["body"]
    assert "infra/naming.py:3:1: F401 `os` imported but unused" in issue["body"]
    assert "ghp_" not in issue["body"]
    assert "nobody wants to read" not in issue["body"]
    assert issue["body"].startswith("<!-- slipway:ci branch=develop job=lint author=ada -->\n")


def test_a_repeated_failure_updates_the_issue_of_its_author(failed_run, github, slipway):
    """The same failure by another author gets an issue of its own."""
    slipway("ci", "report", "--run", "77")
    github.add_run(78, head_sha="0" * 40)
    github.add_job(78, "lint", "failure", LOG.replace("naming", "source/release"))
    slipway("ci", "report", "--run", "78")
    [issue] = github.issues
    assert "infra/source/release.py" in issue["body"]
    github.add_run(79, actor={"login": "bob"})
    github.add_job(79, "lint", "failure", LOG)
    slipway("ci", "report", "--run", "79")
    assert [issue["title"] for issue in github.issues] == [
        "ci: lint fails on develop (ada)",
        "ci: lint fails on develop (bob)",
    ]


def test_a_passed_job_closes_its_issue_and_a_green_branch_closes_all(failed_run, github, slipway):
    github.add_job(77, "types", "failure", LOG)
    slipway("ci", "report", "--run", "77")
    github.add_run(78)
    github.add_job(78, "lint", "success")
    github.add_job(78, "types", "failure", LOG)
    slipway("ci", "report", "--run", "78")
    assert [issue["state"] for issue in github.issues] == ["closed", "open"]
    assert "lint passed in https://github.com/acme/todo/actions/runs/78" in github.comments[0]["body"]
    github.add_run(79, conclusion="success")  # whatever its jobs are called now
    slipway("ci", "report", "--run", "79")
    assert [issue["state"] for issue in github.issues] == ["closed", "closed"]
    assert github.issues[1]["state_reason"] == "completed"


def test_one_branch_does_not_close_the_issues_of_another(failed_run, github, slipway):
    slipway("ci", "report", "--run", "77")
    github.add_run(78, head_branch="main", conclusion="success")
    github.add_job(78, "lint", "success")
    slipway("ci", "report", "--run", "78")
    assert github.issues[0]["state"] == "open"


def test_issues_of_people_are_left_alone(failed_run, github, slipway):
    github.add_issue(
        title="lint", body="Look: <!-- slipway:ci branch=develop job=lint author=ada -->", labels=["ci-failure"]
    )
    slipway("ci", "report", "--run", "77")
    assert len(github.issues) == 2
    assert github.issues[0]["body"].startswith("Look")


def test_an_author_who_cannot_be_assigned_is_only_in_the_title(failed_run, github, slipway):
    github.unassignable.add("ada")
    slipway("ci", "report", "--run", "77")
    assert github.issues[0]["assignees"] == []


@pytest.mark.parametrize(
    ("environment", "status", "message"),
    [
        ({"GITHUB_TOKEN": ""}, 5, "GITHUB_TOKEN is not set"),
        ({"GITHUB_REPOSITORY": "acme"}, 5, "the repository is 'acme'; give --repo owner/name"),
        ({"GITHUB_TOKEN": "other"}, 5, "GitHub answers 401 to GET /repos/acme/todo/actions/runs/77: Bad credentials"),
        ({"GITHUB_API_URL": "http://127.0.0.1:9"}, 4, "GitHub does not answer"),
    ],
)
def test_a_report_without_access_to_github_names_the_cause(
    failed_run, slipway, monkeypatch, environment, status, message
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    got, said = slipway("ci", "report", "--run", "77")
    assert (got, message in said) == (status, True), said


def test_a_branch_that_is_not_in_the_ci_workflow_is_not_reported(failed_run, github, slipway):
    github.runs[0]["head_branch"] = "wip"
    assert slipway("ci", "report", "--run", "77")[0] == 0
    assert github.writes() == []


def test_a_version_tag_whose_deploy_fails_gets_an_issue(failed_run, github, slipway):
    github.runs[0].update(path=".github/workflows/deploy.yml", head_branch="v1.4.0")
    report(slipway, 77)
    assert github.issues[0]["title"] == "deploy: lint fails on v1.4.0 (ada)"


def test_the_branches_are_those_of_the_ci_workflow(failed_run, github, slipway, checkout):
    checkout.write_branches("main", "trunk")
    assert "develop is neither of main, trunk" in report(slipway, 77)
    github.runs[0]["head_branch"] = "trunk"
    report(slipway, 77)
    assert github.issues[0]["title"] == "ci: lint fails on trunk (ada)"


def test_locked_issue_is_closed_without_comment_and_others_as_usual(github, slipway):
    github.add_run()
    for job in ("lint", "tests"):
        github.add_job(77, job, "failure", LOG)
    report(slipway, 77)
    github.add_run(78, conclusion="success")
    for job in ("lint", "tests"):
        github.add_job(78, job, "success")
    github.locked.add(1)
    said = report(slipway, 78)
    assert [issue["state"] for issue in github.issues] == ["closed", "closed"]
    assert "#1 is closed without a comment: Unable to create comment because issue is locked." in said
    assert "lacks the right" not in said


def test_an_issue_that_cannot_be_closed_does_not_block_the_others(github, slipway):
    github.add_run()
    for job in ("lint", "tests"):
        github.add_job(77, job, "failure", LOG)
    report(slipway, 77)
    github.add_run(78, conclusion="success")
    github.refused["PATCH", "/issues/1"] = (422, "no")
    status, said = slipway("ci", "report", "--run", 78)
    assert (status, "GitHub answers 422" in said) == (1, True)
    assert github.issues[1]["state"] == "closed"
