"""One open issue for one problem: opened when it begins, updated while it lasts, closed when it is over."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.github import markdown
from delivery.github.answers import Issue
from delivery.github.client import GitHubRepository
from delivery.github.comment import marker
from delivery.github.errors import GitHubError, NoAnswerError, RateLimitError


@dataclass(frozen=True)
class Problem:
    """What an issue is about.

    Attributes:
        purpose: distinguishes it from every other problem; goes into the body, where nobody sees it.
        label: of the issues of its kind.
        title: plain text.
        body: Markdown that `markdown.fit` made short enough.
        owner: who may know most of it, as a GitHub login.
    """

    purpose: str
    label: str
    title: str
    body: str
    owner: str | None = None


def open_issue(repository: GitHubRepository, problem: Problem) -> str:
    """Have exactly one open issue say this; returns its URL."""
    issues = repository.rest.issues
    title, body = markdown.title(problem.title), f"{marker(problem.purpose)}\n{problem.body}"
    present = next(iter(list_open(repository, problem.label, problem.purpose)), None)
    if present is not None:
        return repository.read(Issue, issues.update, present.number, title=title, body=body).html_url
    assignees = [problem.owner] if problem.owner and _is_assignable(repository, problem.owner) else []
    return repository.create(
        Issue,
        lambda: next(iter(list_open(repository, problem.label, problem.purpose)), None),
        issues.create,
        title=title,
        body=body,
        labels=[problem.label],
        assignees=assignees,
    ).html_url


def close_issues(repository: GitHubRepository, label: str, purpose_begins: str, why: str) -> list[int]:
    """Close the open issues of `list_open` with a last comment; returns their numbers."""
    return [close_issue(repository, issue, why) for issue in list_open(repository, label, purpose_begins)]


def close_issue(repository: GitHubRepository, issue: Issue, why: str) -> int:
    """Close an issue with a last comment, or without one where its conversation is locked; returns its number."""
    issues = repository.rest.issues
    try:
        # Not repeated when its answer is lost: a second last comment is worse than none.
        repository.send_once(issues.create_comment, repository.owner, repository.name, issue.number, body=why)
    except RateLimitError:
        raise
    except GitHubError as error:
        print(f"#{issue.number} is closed without a comment: {error.reason}")
    except NoAnswerError as error:
        print(f"#{issue.number} is closed, perhaps without a comment: {error}")
    repository.read(Issue, issues.update, issue.number, state="closed", state_reason="completed")
    return issue.number


def list_open(repository: GitHubRepository, label: str, purpose_begins: str) -> list[Issue]:
    """The open issues of a kind whose purpose begins so, oldest first."""
    issues = repository.pages(
        Issue, repository.rest.issues.list_for_repo, state="open", labels=label, sort="created", direction="asc"
    )
    begins = marker(purpose_begins).removesuffix(" -->")
    return [issue for issue in issues if issue.pull_request is None and _has(issue.body, begins)]


def _has(body: str, begins: str) -> bool:
    line = body.partition("\n")[0].rstrip()
    return line == f"{begins} -->" or line.startswith(f"{begins} ")


def _is_assignable(repository: GitHubRepository, login: str) -> bool:
    """Whether GitHub would take a person as assignee: it refuses the whole issue otherwise."""
    try:
        repository.send(repository.rest.issues.check_user_can_be_assigned, repository.owner, repository.name, login)
    except RateLimitError:
        raise
    except GitHubError:  # 404 for who is no collaborator; a name that is no login is refused in other ways
        return False
    return True
