from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from tests.delivery.fake_github import SHA

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


def test_a_repeated_failure_updates_the_issue_of_its_author(failed, slipway):
    """The same failure by another author gets an issue of its own."""
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


def test_a_passed_job_closes_its_issue_and_a_green_branch_closes_all(failed, slipway):
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
    failed.add_pull(5)
    return failed


def comments_of(pull, number=5):
    return [comment for comment in pull.comments if comment["number"] == number]


def test_a_pull_request_gets_one_comment_that_is_edited_ever_after(pull, slipway):
    for number in range(70):  # more than a page of other people's
        pull.add_comment(5, f"comment {number}", {"login": "bob", "type": "User"})
    pull.add_comment(5, "<!-- slipway:ci --> quoted by a person", {"login": "bob", "type": "User"})
    slipway("ci", "report", "--run", "77")
    mine = pull.comments[-1]
    assert "### CI: 1 job failed at `f30a5a09a377`" in mine["body"]
    slipway("ci", "report", "--run", "77")
    assert len(comments_of(pull)) == 72
    pull.runs[0]["conclusion"] = "success"
    pull.jobs[77][0]["conclusion"] = "success"
    slipway("ci", "report", "--run", "77")
    assert len(comments_of(pull)) == 72
    assert "### CI passed" in mine["body"]


def test_a_pull_request_that_never_failed_gets_no_comment(pull, slipway):
    pull.runs[0]["conclusion"] = "success"
    pull.jobs[77][0]["conclusion"] = "success"
    slipway("ci", "report", "--run", "77")
    assert (pull.comments, pull.issues) == ([], [])


def test_the_report_of_an_older_commit_does_not_override_a_newer_one(pull, slipway):
    pull.pulls[0]["head"]["sha"] = "0" * 40
    slipway("ci", "report", "--run", "77")
    assert pull.comments == []


def test_a_pull_request_of_a_fork_is_found_by_its_owner(pull, slipway):
    pull.runs[0]["head_repository"] = {"owner": {"login": "eve"}}
    pull.add_pull(
        6, head={"label": "eve:fix", "sha": pull.runs[0]["head_sha"]}, user={"login": "eve", "type": "User"}
    )
    slipway("ci", "report", "--run", "77")
    assert [comment["number"] for comment in pull.comments] == [6]


def test_a_log_cannot_leave_its_fence(pull, slipway):
    pull.logs[1000] = LOG.replace("Z make lint", "Z ````\n2026-11-20T07:00:01.2Z # Approved by @acme/everyone")
    slipway("ci", "report", "--run", "77")
    [block] = [token for token in MarkdownIt().parse(pull.comments[0]["body"]) if token.type == "fence"]
    assert "````\n# Approved by @acme/everyone\n" in block.content
    assert "Process completed with exit code 1" in block.content


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


def report(slipway, run):
    status, said = slipway("ci", "report", "--run", run)
    assert status == 0, said
    return said


def test_a_job_out_of_time_is_reported(github, slipway):
    github.add_run()
    github.add_job(77, "integration", "cancelled", "2026-11-20T06:59:00Z ##[error]The operation was canceled.")
    github.add_job(77, "required-checks", "failure")
    report(slipway, 77)
    assert [issue["title"] for issue in github.issues] == ["ci: integration fails on develop (ada)"]


def test_a_timed_out_run_that_github_calls_cancelled_is_reported(github, slipway):
    github.add_run(conclusion="cancelled")
    github.add_job(77, "perf", "cancelled", "2026Z ##[error]The job has exceeded the maximum execution time of 20m0s")
    report(slipway, 77)
    assert len(github.issues) == 1


@pytest.mark.parametrize("conclusion", ["cancelled", "action_required", "neutral", "skipped", "stale", None])
def test_only_a_run_that_succeeded_is_called_green(github, slipway, conclusion):
    github.add_run()
    github.add_job(77, "lint", "failure", LOG)
    report(slipway, 77)
    github.add_run(78, conclusion=conclusion)
    github.add_job(78, "tests", "cancelled", "2026Z ##[error]The operation was canceled.")
    report(slipway, 78)
    assert github.issues[0]["state"] == "open"
    assert len(github.issues) == (2 if conclusion == "stale" else 1)


def test_a_timed_out_run_does_not_mark_the_comment_as_passed(github, slipway):
    github.add_run(event="pull_request", head_branch="fix")
    github.add_job(77, "integration", "cancelled")
    github.add_pull(5)
    github.add_comment(5, "<!-- slipway:ci -->\n### CI: 1 job failed")
    report(slipway, 77)
    assert "CI passed" not in github.comments[0]["body"]
    assert "integration" in github.comments[0]["body"]


def test_a_run_that_failed_without_a_job_is_reported(github, slipway):
    github.add_run(conclusion="startup_failure", path=".github/workflows/deploy.yml")
    report(slipway, 77)
    assert github.issues[0]["title"] == "deploy: run fails on develop (ada)"
    assert "the workflow's file is not valid" in github.issues[0]["body"]


def test_an_older_run_says_nothing_of_the_branch(github, slipway):
    github.add_run(90, head_sha="b" * 40, run_number=9)
    github.add_job(90, "lint", "failure", LOG)
    report(slipway, 90)
    github.add_run(70, head_sha="c" * 40, run_number=7, run_attempt=2, conclusion="success")
    github.add_job(70, "lint", "success")
    assert "is about a newer run" in report(slipway, 70)
    assert github.issues[0]["state"] == "open"


def test_a_rerun_of_an_older_commit_opens_no_issue_on_a_green_branch(github, slipway):
    github.add_run(90, head_sha="b" * 40, run_number=9, conclusion="success")
    github.add_run(70, head_sha="c" * 40, run_number=7, run_attempt=2)
    github.add_job(70, "lint", "failure", LOG)
    report(slipway, 70)
    assert github.issues == []


def test_an_older_run_of_the_branchs_head_counts(github, slipway):
    """A branch was set back to an earlier commit, whose run is started again."""
    github.add_run(90, head_sha="c" * 40, run_number=9)
    github.add_job(90, "lint", "failure", LOG)
    report(slipway, 90)
    github.add_run(70, head_sha=github.heads["develop"], run_number=7, run_attempt=2, conclusion="success")
    github.add_job(70, "lint", "success")
    report(slipway, 70)
    assert github.issues[0]["state"] == "closed"


def test_a_second_attempt_of_the_same_run_counts(failed, slipway):
    report(slipway, 77)
    failed.runs[0].update(run_attempt=2, conclusion="success")
    failed.jobs[77] = []
    report(slipway, 77)
    assert failed.issues[0]["state"] == "closed"


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


def test_no_code_of_a_terminal_reaches_an_issue(github, slipway):
    github.add_run()
    github.add_job(77, "tests", "failure", "2026-11-20T06:59:00Z \x1b[31mE   assert 1 == 2\x1b[0m\r\n")
    report(slipway, 77)
    assert "\nE   assert 1 == 2\n" in github.issues[0]["body"]


def test_a_long_line_does_not_take_the_job_with_it(pull, slipway):
    error = "##[error]exit code 1"
    for number in range(30):
        log = f"2026-11-20T06:59:00Z {'x' * 70_000}\n" * 3 + f"2026-11-20T06:59:01Z {error} of {number}"
        pull.add_job(77, f"frontend {number}", "failure", log)
    report(slipway, 77)
    [comment] = comments_of(pull)
    for number in range(30):
        assert f"frontend {number}]" in comment["body"]
        assert f"{error} of {number}" in comment["body"]
    assert len(comment["body"]) <= 65_536


def test_names_that_people_gave_mean_nothing(github, slipway):
    github.add_run(actor=None, head_commit={"author": {"name": "acme/ops -->"}})
    github.add_job(77, "lint `@acme/ops` <!--", "failure", LOG, step="Run [x](https://evil.example) @acme/ops")
    report(slipway, 77)
    shown = github.issues[0]["body"].split("-->", 2)[2]
    parts = [part for token in MarkdownIt("commonmark").parse(shown) for part in token.children or [token]]
    text = "".join(part.content for part in parts if part.type not in {"code_inline", "fence"})
    assert not {part.type for part in parts} & {"html_inline", "html_block"}
    assert "@acme" not in text
    links = [part.attrs["href"] for part in parts if part.type == "link_open"]
    assert all(url.startswith("https://github.com/") for url in links)
    assert github.issues[0]["assignees"] == []


def test_a_failed_pull_request_has_an_issue_until_it_passes(pull, slipway):
    """The issue is assigned to the author and linked in the comment."""
    report(slipway, 77)
    [issue] = pull.issues
    assert (issue["title"], issue["assignees"]) == ("ci fails on pull request #5 (ada)", ["ada"])
    assert issue["body"].startswith("<!-- slipway:ci pull=5 -->\n")
    [comment] = comments_of(pull)
    assert issue["html_url"] in comment["body"]
    report(slipway, 77)
    assert len(pull.issues) == 1
    pull.runs[0].update(conclusion="success", run_attempt=2)
    pull.jobs[77] = []
    report(slipway, 77)
    assert issue["state"] == "closed"


def test_a_merged_or_closed_pull_request_closes_its_issue(pull, slipway):
    report(slipway, 77)
    pull.pulls[0]["state"] = "closed"
    pull.add_run(78, conclusion="success")
    report(slipway, 78)
    assert pull.issues[0]["state"] == "closed"
    assert "Pull request #5 is closed." in [comment["body"] for comment in comments_of(pull, 1)]


def test_every_workflow_has_issues_of_its_own(pull, slipway):
    pull.runs[0]["path"] = ".github/workflows/rehearse.yml@refs/heads/develop"
    pull.add_comment(5, "<!-- slipway:rehearse -->\nwhat the rehearsal itself says")
    report(slipway, 77)
    assert pull.issues[0]["title"] == "rehearse fails on pull request #5 (ada)"
    assert pull.comments[0]["body"].endswith("itself says")
    pull.add_run(78, conclusion="success", event="pull_request", head_branch="fix")
    report(slipway, 78)
    assert pull.issues[0]["state"] == "open"


def test_a_merge_queue_reports_to_its_pull_request(failed, slipway):
    failed.add_pull(5, sha="1" * 40)
    failed.runs[0].update(event="merge_group", head_branch=f"gh-readonly-queue/develop/pr-5-{SHA}")
    report(slipway, 77)
    assert [comment["number"] for comment in failed.comments] == [5]


def test_a_version_tag_whose_deploy_fails_gets_an_issue(failed, slipway):
    failed.runs[0].update(path=".github/workflows/deploy.yml", head_branch="v1.4.0")
    report(slipway, 77)
    assert failed.issues[0]["title"] == "deploy: lint fails on v1.4.0 (ada)"


def test_the_branches_are_the_repositorys_own(failed, slipway, checkout):
    checkout.write_branches("main", "trunk")
    assert "develop is neither of main, trunk" in report(slipway, 77)
    failed.runs[0]["head_branch"] = "trunk"
    report(slipway, 77)
    assert failed.issues[0]["title"] == "ci: lint fails on trunk (ada)"
