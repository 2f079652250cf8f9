from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from delivery.github import comment, tracking_issue
from delivery.github.answers import Issue, WorkflowRun
from delivery.github.client import LONGEST_WAIT_SECONDS, GitHubRepository
from delivery.github.errors import AnswerError, GitHubError, NoAnswerError, PermissionDeniedError, RateLimitError
from delivery.github.tracking_issue import Problem
from delivery.outcome import MissingError, Status
from tests.delivery.served import served

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """How long it waited, without waiting."""
    made = []
    monkeypatch.setattr("delivery.github.client.sleep", made.append)
    return made


@pytest.mark.parametrize(
    ("status", "headers", "message", "pause"),
    [
        (403, {"retry-after": "7"}, SECONDARY, 7.0),
        (429, {"retry-after": "7"}, "Too many requests", 7.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, "API rate limit exceeded", 1.0),
        (403, {}, SECONDARY, 60.0),
        (403, {"retry-after": "7"}, "You have triggered an abuse detection mechanism.", 7.0),
    ],
)
def test_a_rate_limit_is_waited_for(github, pauses, status, headers, message, pause):
    github.limits = [(status, headers, message)] * 2
    comment.write(github.repository, 5, "preview", "text")
    assert len(github.comments) == 1
    assert pauses == [pause] * 2


def test_a_rate_limit_that_lasts_is_no_missing_right(github, pauses):
    github.limits = [(403, {"retry-after": "1"}, SECONDARY)] * 9
    with pytest.raises(RateLimitError, match="asked too often: try again after .* UTC") as raised:
        comment.write(github.repository, 5, "preview", "text")
    assert raised.value.status == Status.UNREACHABLE
    assert "lacks the right" not in str(raised.value)
    assert len(pauses) == 3


def test_nobody_waits_an_hour(github, pauses):
    github.limits = [(403, {"retry-after": "3600"}, SECONDARY)] * 9
    with pytest.raises(RateLimitError):
        comment.find(github.repository, 5, "preview")
    assert sum(pauses) < LONGEST_WAIT_SECONDS


def test_a_comment_whose_answer_was_lost_is_made_once(github):
    github.lost = 1
    comment.write(github.repository, 5, "preview", "text")
    assert [entry["body"] for entry in github.comments] == ["<!-- slipway:preview -->\ntext"]


def test_an_issue_whose_answer_was_lost_is_made_once(github):
    github.lost = 1
    url = tracking_issue.open_issue(github.repository, Problem("drift stack=prod", "drift", "drift", "text"))
    assert [issue["html_url"] for issue in github.issues] == [url]


def test_a_comment_that_was_not_made_is_made(github):
    github.refused["POST", "/comments"] = (502, "Bad Gateway")
    with pytest.raises(NoAnswerError):
        comment.write(github.repository, 5, "preview", "text")
    github.refused.clear()
    comment.write(github.repository, 5, "preview", "text")
    assert len(github.comments) == 1


def test_reads_are_repeated(github):
    answers = [502, 503, 200]
    calls = []

    async def answer(request):
        calls.append(request.method)
        return JSONResponse([], answers.pop(0))

    with served(Starlette(routes=[Route("/{path:path}", answer)])) as url:
        assert comment.find(GitHubRepository("acme", "todo", "t", url), 5, "preview") is None
    assert calls == ["GET"] * 3


def test_a_deploy_at_work_is_found_behind_a_hundred_runs(github):
    github.add_run(1, path=".github/workflows/deploy.yml", name="deploy", status="in_progress")
    for number in range(100):
        github.add_run(1000 + number, status="in_progress")
    github.runs.reverse()
    assert [run.id for run in github.repository.list_active_runs({"deploy.yml"})] == [1]


def test_every_page_of_a_workflow_is_read(github):
    for number in range(130):
        github.add_run(number, path=".github/workflows/deploy.yml", status="queued")
    assert len(github.repository.list_active_runs({"deploy.yml", "rollback.yml"})) == 130


@pytest.mark.parametrize("status", ["in_progress", "queued", "waiting", "pending", "requested"])
def test_a_run_that_may_hold_a_lock_is_active(github, status):
    github.add_run(1, path=".github/workflows/rollback.yml", status=status, run_started_at=None)
    assert [run.id for run in github.repository.list_active_runs({"rollback.yml"})] == [1]


def test_a_workflow_that_the_repository_does_not_have_has_no_runs(github):
    assert github.repository.list_active_runs({"nothing.yml"}) == []


@pytest.mark.parametrize(
    ("slug", "owner"),
    [("acme/todo", "acme"), ("ada_acme/todo", "ada_acme"), ("a-b/.github", "a-b"), ("A1/t.o_d-o", "A1")],
)
def test_names_that_github_allows_are_taken(monkeypatch, slug, owner):
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    assert GitHubRepository.from_environment(slug).owner == owner


@pytest.mark.parametrize(
    "slug", ["acme", "_acme/todo", "-a/todo", "acme/..", "acme/.", "acme/a b", "a/b/c", "acme/x\n"]
)
def test_names_that_github_does_not_allow_are_refused(monkeypatch, slug):
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    with pytest.raises(MissingError, match="give --repo owner/name"):
        GitHubRepository.from_environment(slug)


@pytest.mark.parametrize(
    ("api", "server", "link"),
    [
        (None, None, "https://github.com/acme/todo"),
        ("https://ghe.example/api/v3", None, "https://ghe.example/acme/todo"),
        ("https://api.acme.ghe.com", None, "https://acme.ghe.com/acme/todo"),
        ("https://proxy.example", "https://ghe.example/", "https://ghe.example/acme/todo"),
    ],
)
def test_links_lead_to_the_host_of_the_repository(monkeypatch, api, server, link):
    monkeypatch.setenv("GITHUB_TOKEN", "t\n")
    for name, value in (("GITHUB_API_URL", api), ("GITHUB_SERVER_URL", server)):
        if value:
            monkeypatch.setenv(name, value)
    made = GitHubRepository.from_environment("acme/todo")
    assert (made.url, made.token) == (link, "t")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GITHUB_API_URL", "ghe.example", "GITHUB_API_URL is 'ghe.example', which is no URL"),
        ("GITHUB_TOKEN", "gh p", "GITHUB_TOKEN holds characters that no token has"),
    ],
)
def test_settings_typed_wrong_are_named(monkeypatch, name, value, message):
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.setenv(name, value)
    with pytest.raises(MissingError, match=message):
        GitHubRepository.from_environment("acme/todo")


BROKEN = [
    "",
    "null",
    "<html>",
    '{"id": 1',
    '{"message": "x"}',
    "[1]",
    '[{"id": null}]',
    '"text"',
    "[" * 100_000,
    "\x00",
]


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("path", ["runs/77", "jobs", "issues"])
def test_an_answer_of_another_form_is_an_error_that_quotes_it(github, content, path):
    github.add_run()
    github.add_job(77, "lint", "failure")
    github.broken[path] = content
    from delivery.github.ci_report import report
    from delivery.github.ci_run import read_run

    with pytest.raises(AnswerError, match="GitHub's answer to GET .* cannot be read") as raised:
        report(github.repository, read_run(github.repository, 77))
    assert len(str(raised.value)) < 600


def test_an_answer_of_a_proxy_is_an_error():
    async def answer(_):
        return Response("<html>" + "x" * 10_000, 403, media_type="text/html")

    with served(Starlette(routes=[Route("/{path:path}", answer)])) as url:
        repository = GitHubRepository("acme", "todo", "t", url)
        with pytest.raises(GitHubError, match="GitHub answers 403 to GET .*: no explanation$"):
            repository.read(WorkflowRun, repository.rest.actions.get_workflow_run, 77)


@pytest.mark.parametrize(
    ("status", "message", "error", "text"),
    [
        (403, "Resource not accessible by integration", PermissionDeniedError, "lacks the right"),
        (403, "Must have admin rights to Repository.", PermissionDeniedError, "lacks the right"),
        (401, "Bad credentials", PermissionDeniedError, "is not valid"),
        (403, "Unable to create comment because issue is locked.", GitHubError, "issue is locked.$"),
        (410, "Issues are disabled for this repo", GitHubError, "Issues are disabled for this repo$"),
    ],
)
def test_only_a_permission_answer_blames_the_token(github, status, message, error, text):
    github.refused["GET", "/issues"] = (status, message)
    with pytest.raises(error, match=text) as raised:
        list(github.repository.pages(Issue, github.repository.rest.issues.list_for_repo))
    assert isinstance(raised.value, MissingError) == (error is PermissionDeniedError)
