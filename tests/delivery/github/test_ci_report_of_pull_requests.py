"""`slipway ci report` comments on a pull request whose run failed, and opens one issue for it."""

from __future__ import annotations

from tests.delivery.fake_github import SHA
from tests.delivery.github.failed_run import list_comments, report


def test_a_pull_request_gets_one_comment_that_each_run_edits(failed_pull_request, github, slipway):
    for number in range(70):  # more than a page of other people's
        github.add_comment(5, f"comment {number}", {"login": "bob", "type": "User"})
    github.add_comment(5, "<!-- slipway:ci --> quoted by a person", {"login": "bob", "type": "User"})
    slipway("ci", "report", "--run", "77")
    mine = github.comments[-1]
    assert "### CI: 1 job failed at `f30a5a09a377`" in mine["body"]
    slipway("ci", "report", "--run", "77")
    assert len(list_comments(github)) == 72
    github.runs[0]["conclusion"] = "success"
    github.jobs[77][0]["conclusion"] = "success"
    slipway("ci", "report", "--run", "77")
    assert len(list_comments(github)) == 72
    assert "### CI passed" in mine["body"]


def test_a_pull_request_that_never_failed_gets_no_comment(failed_pull_request, github, slipway):
    github.runs[0]["conclusion"] = "success"
    github.jobs[77][0]["conclusion"] = "success"
    slipway("ci", "report", "--run", "77")
    assert (github.comments, github.issues) == ([], [])


def test_a_pull_request_of_a_fork_is_found_by_its_owner(failed_pull_request, github, slipway):
    github.runs[0]["head_repository"] = {"owner": {"login": "eve"}}
    github.add_pull(
        6, head={"label": "eve:fix", "sha": github.runs[0]["head_sha"]}, user={"login": "eve", "type": "User"}
    )
    slipway("ci", "report", "--run", "77")
    assert [comment["number"] for comment in github.comments] == [6]


def test_a_timed_out_run_does_not_mark_the_comment_as_passed(github, slipway):
    github.add_run(event="pull_request", head_branch="fix")
    github.add_job(77, "integration", "cancelled")
    github.add_pull(5)
    github.add_comment(5, "<!-- slipway:ci -->\n### CI: 1 job failed")
    report(slipway, 77)
    assert "CI passed" not in github.comments[0]["body"]
    assert "integration" in github.comments[0]["body"]


def test_a_failed_pull_request_has_an_issue_until_it_passes(failed_pull_request, github, slipway):
    """The issue is assigned to the author and linked in the comment."""
    report(slipway, 77)
    [issue] = github.issues
    assert (issue["title"], issue["assignees"]) == ("ci fails on pull request #5 (ada)", ["ada"])
    assert issue["body"].startswith("<!-- slipway:ci pull=5 -->\n")
    [comment] = list_comments(github)
    assert issue["html_url"] in comment["body"]
    report(slipway, 77)
    assert len(github.issues) == 1
    github.runs[0].update(conclusion="success", run_attempt=2)
    github.jobs[77] = []
    report(slipway, 77)
    assert issue["state"] == "closed"


def test_a_merged_or_closed_pull_request_closes_its_issue(failed_pull_request, github, slipway):
    report(slipway, 77)
    github.pulls[0]["state"] = "closed"
    github.add_run(78, conclusion="success")
    report(slipway, 78)
    assert github.issues[0]["state"] == "closed"
    assert "Pull request #5 is closed." in [comment["body"] for comment in list_comments(github, 1)]


def test_every_workflow_has_issues_of_its_own(failed_pull_request, github, slipway):
    github.runs[0]["path"] = ".github/workflows/rehearse.yml@refs/heads/develop"
    github.add_comment(5, "<!-- slipway:rehearse -->\nwhat the rehearsal itself says")
    report(slipway, 77)
    assert github.issues[0]["title"] == "rehearse fails on pull request #5 (ada)"
    assert github.comments[0]["body"].endswith("itself says")
    github.add_run(78, conclusion="success", event="pull_request", head_branch="fix")
    report(slipway, 78)
    assert github.issues[0]["state"] == "open"


def test_a_merge_queue_reports_to_its_pull_request(failed_run, github, slipway):
    github.add_pull(5, sha="1" * 40)
    github.runs[0].update(event="merge_group", head_branch=f"gh-readonly-queue/develop/pr-5-{SHA}")
    report(slipway, 77)
    assert [comment["number"] for comment in github.comments] == [5]
