"""One open issue for one problem: opened when it begins, updated while it lasts, closed when it is over."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.github.client import GitHubRepository
from delivery.github.comment import LONGEST, marker


@dataclass(frozen=True)
class Problem:
    """What an issue is about.

    Attributes:
        purpose: distinguishes it from every other problem; goes into the body, where nobody sees it.
        label: of the issues of its kind.
        owner: who may know most of it, as a GitHub login.
    """

    purpose: str
    label: str
    title: str
    body: str
    owner: str | None = None


def keep_open(repository: GitHubRepository, problem: Problem) -> str:
    """Have exactly one open issue say this; returns its URL."""
    rest, owner, name = repository.rest, repository.owner, repository.name
    body = f"{marker(problem.purpose)}\n{problem.body}"[:LONGEST]
    found = opened(repository, problem.label, problem.purpose)
    if found:
        reply = rest.issues.update(owner, name, found[0]["number"], title=problem.title, body=body)
        return str(reply.json()["html_url"])
    assignees = [problem.owner] if problem.owner and _assignable(repository, problem.owner) else []
    reply = rest.issues.create(
        owner, name, title=problem.title, body=body, labels=[problem.label], assignees=assignees
    )
    return str(reply.json()["html_url"])


def close(repository: GitHubRepository, label: str, purpose_begins: str, why: str) -> list[int]:
    """Close the open issues of `opened` with a last word; returns their numbers."""
    closed = []
    for issue in opened(repository, label, purpose_begins):
        number = int(str(issue["number"]))
        repository.rest.issues.create_comment(repository.owner, repository.name, number, body=why)
        repository.rest.issues.update(
            repository.owner, repository.name, number, state="closed", state_reason="completed"
        )
        closed.append(number)
    return closed


def opened(repository: GitHubRepository, label: str, purpose_begins: str) -> list[dict[str, object]]:
    """The open issues of a kind whose purpose begins so, oldest first."""
    issues = repository.pages(
        repository.rest.issues.list_for_repo, state="open", labels=label, sort="created", direction="asc"
    )
    begins = marker(purpose_begins).removesuffix(" -->")
    return [issue for issue in issues if "pull_request" not in issue and _has(str(issue.get("body") or ""), begins)]


def _has(body: str, begins: str) -> bool:
    line = body.partition("\n")[0]
    return line == f"{begins} -->" or line.startswith(f"{begins} ")


def _assignable(repository: GitHubRepository, login: str) -> bool:
    """Whether GitHub would take a person as assignee: it refuses the whole issue otherwise."""
    call = repository.rest.issues.check_user_can_be_assigned
    return repository.found(call, repository.owner, repository.name, login) is not None
