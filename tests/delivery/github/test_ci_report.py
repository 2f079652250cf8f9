from __future__ import annotations

import pytest

LOG = """2026-11-20T07:00:01.1Z ##[group]Run make lint
2026-11-20T07:00:01.2Z make lint
2026-11-20T07:00:02.3Z infra/naming.py:3:1: F401 `os` imported but unused
2026-11-20T07:00:02.4Z token ghp_A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1
2026-11-20T07:00:02.5Z ##[error]Process completed with exit code 1.
2026-11-20T07:00:03.1Z Post job cleanup.
2026-11-20T07:00:03.2Z Removing what nobody wants to read
"""


@pytest.fixture
def failed(github):
    github.add_run(77)
    github.add_job(77, "lint", "failure", LOG)
    github.add_job(77, "tests (3.12)", "success")
    github.add_job(77, "required-checks", "failure")
    return github


def test_a_failing_job_on_develop_gets_an_issue_with_what_it_said(failed, slipway):
    assert slipway("ci", "report", "--run", "77")[0] == 0
    [issue] = failed.issues
    assert issue["title"] == "ci: lint fails on develop (ada)"
    assert (issue["labels"], issue["assignees"]) == (["ci-failure"], ["ada"])
    assert "step *Run make lint*" in issue["body"]
    assert "infra/naming.py:3:1: F401 `os` imported but unused" in issue["body"]
    assert "ghp_" not in issue["body"]
    assert "nobody wants to read" not in issue["body"]
    assert issue["body"].startswith("<!-- slipway:ci branch=develop job=lint author=ada -->\n")


def test_the_same_failure_updates_its_issue_and_another_author_gets_one_of_their_own(failed, slipway):
    slipway("ci", "report", "--run", "77")
    failed.add_run(78, head_sha="0" * 40)
    failed.add_job(78, "lint", "failure", LOG.replace("naming", "source/release"))
    slipway("ci", "report", "--run", "78")
    [issue] = failed.issues
    assert "infra/source/release.py" in issue["body"]
    failed.add_run(79, actor={"login": "bob"})
    failed.add_job(79, "lint", "failure", LOG)
    slipway("ci", "report", "--run", "79")
    assert [issue["title"] for issue in failed.issues] == [
        "ci: lint fails on develop (ada)",
        "ci: lint fails on develop (bob)",
    ]


def test_issues_are_closed_when_their_job_passes_and_all_of_a_branch_when_it_is_green(failed, slipway):
    failed.add_job(77, "types", "failure", LOG)
    slipway("ci", "report", "--run", "77")
    failed.add_run(78)
    failed.add_job(78, "lint", "success")
    failed.add_job(78, "types", "failure", LOG)
    slipway("ci", "report", "--run", "78")
    assert [issue["state"] for issue in failed.issues] == ["closed", "open"]
    assert "lint passed in https://github.com/acme/todo/actions/runs/78" in failed.comments[0]["body"]
    failed.add_run(79, conclusion="success")  # whatever its jobs are called now
    slipway("ci", "report", "--run", "79")
    assert [issue["state"] for issue in failed.issues] == ["closed", "closed"]
    assert failed.issues[1]["state_reason"] == "completed"


def test_one_branch_does_not_close_the_issues_of_another(failed, slipway):
    slipway("ci", "report", "--run", "77")
    failed.add_run(78, head_branch="main", conclusion="success")
    failed.add_job(78, "lint", "success")
    slipway("ci", "report", "--run", "78")
    assert failed.issues[0]["state"] == "open"


def test_issues_of_people_are_left_alone(failed, slipway):
    failed.add_issue(
        title="lint", body="Look: <!-- slipway:ci branch=develop job=lint author=ada -->", labels=["ci-failure"]
    )
    slipway("ci", "report", "--run", "77")
    assert len(failed.issues) == 2
    assert failed.issues[0]["body"].startswith("Look")


def test_an_author_who_cannot_be_assigned_is_only_named(failed, slipway):
    failed.strangers.add("ada")
    slipway("ci", "report", "--run", "77")
    assert failed.issues[0]["assignees"] == []


def test_a_job_without_a_log_is_reported_all_the_same(failed, slipway):
    failed.add_run(78)
    failed.add_job(78, "tests (3.13)", "timed_out")
    assert slipway("ci", "report", "--run", "78")[0] == 0
    assert "(no log)" in failed.issues[0]["body"]


def test_every_page_of_jobs_is_read(github, slipway):
    github.add_run(77)
    for number in range(130):
        github.add_job(77, f"job {number}", "success" if number < 129 else "failure", LOG)
    slipway("ci", "report", "--run", "77")
    assert [issue["title"] for issue in github.issues] == ["ci: job 129 fails on develop (ada)"]


@pytest.fixture
def pull(failed):
    failed.runs[0].update(event="pull_request", head_branch="fix")
    failed.pulls.append({"number": 5, "head": {"label": "acme:fix", "sha": failed.runs[0]["head_sha"]}})
    return failed


def test_a_pull_request_gets_one_comment_that_is_edited_ever_after(pull, slipway):
    for number in range(70):  # more than a page of other people's
        pull.add_comment(5, f"comment {number}", {"login": "bob", "type": "User"})
    pull.add_comment(5, "<!-- slipway:ci --> quoted by a person", {"login": "bob", "type": "User"})
    slipway("ci", "report", "--run", "77")
    assert pull.issues == []
    mine = pull.comments[-1]
    assert "### CI: 1 job failed at `f30a5a09a377`" in mine["body"]
    slipway("ci", "report", "--run", "77")
    assert len(pull.comments) == 72
    pull.runs[0]["conclusion"] = "success"
    pull.jobs[77][0]["conclusion"] = "success"
    slipway("ci", "report", "--run", "77")
    assert len(pull.comments) == 72
    assert "### CI passed" in mine["body"]


def test_a_pull_request_that_never_failed_gets_no_comment(pull, slipway):
    pull.jobs[77][0]["conclusion"] = "success"
    slipway("ci", "report", "--run", "77")
    assert pull.comments == []


def test_the_report_of_an_older_commit_does_not_speak_over_a_newer_one(pull, slipway):
    pull.pulls[0]["head"]["sha"] = "0" * 40
    slipway("ci", "report", "--run", "77")
    assert pull.comments == []


def test_a_pull_request_of_a_fork_is_found_by_its_owner(pull, slipway):
    pull.runs[0]["head_repository"] = {"owner": {"login": "eve"}}
    pull.pulls.append({"number": 6, "head": {"label": "eve:fix", "sha": pull.runs[0]["head_sha"]}})
    slipway("ci", "report", "--run", "77")
    assert [comment["number"] for comment in pull.comments] == [6]


def test_a_log_cannot_leave_its_fence(pull, slipway):
    pull.logs[1000] = LOG.replace("make lint\n", "````\n2026Z # Approved by everyone\n", 1)
    slipway("ci", "report", "--run", "77")
    assert pull.comments[0]["body"].count("```") == 2


@pytest.mark.parametrize(
    ("environment", "status", "message"),
    [
        ({"GITHUB_TOKEN": ""}, 5, "GITHUB_TOKEN is not set"),
        ({"GITHUB_REPOSITORY": "acme"}, 5, "the repository is 'acme'; give --repo owner/name"),
        ({"GITHUB_TOKEN": "other"}, 5, "GitHub answers 401 to GET /repos/acme/todo/actions/runs/77: Bad credentials"),
        ({"GITHUB_API_URL": "http://127.0.0.1:9"}, 4, "GitHub does not answer"),
    ],
)
def test_what_is_missing_is_named(failed, slipway, monkeypatch, environment, status, message):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    got, said = slipway("ci", "report", "--run", "77")
    assert (got, message in said) == (status, True), said


def test_a_branch_that_nobody_watches_is_not_reported(failed, slipway):
    failed.runs[0]["head_branch"] = "wip"
    assert slipway("ci", "report", "--run", "77")[0] == 0
    assert failed.writes() == []
