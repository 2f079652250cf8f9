"""One comment for one purpose on a pull request or an issue, made once and edited ever after."""

from __future__ import annotations

from delivery.github.answers import Comment, User
from delivery.github.client import GitHubRepository
from delivery.github.errors import GitHubError, RateLimitError


def marker(purpose: str) -> str:
    """What distinguishes our comment from others; nobody sees it."""
    return f"<!-- slipway:{purpose} -->"


def write(repository: GitHubRepository, number: int, purpose: str, body: str) -> str:
    """Have the comment on a pull request or issue say `body`; returns its URL.

    Args:
        number: of the pull request or issue.
        body: Markdown that `markdown.fit` made short enough.
    """
    text = f"{marker(purpose)}\n{body}"
    mine = find(repository, number, purpose)
    if mine is None:
        issues = repository.rest.issues
        mine = repository.create(
            Comment, lambda: find(repository, number, purpose), issues.create_comment, number, body=text
        )
    if mine.body != text:
        mine = repository.read(Comment, repository.rest.issues.update_comment, mine.id, body=text)
    return mine.html_url


def find(repository: GitHubRepository, number: int, purpose: str) -> Comment | None:
    """Our comment, the oldest of several; None where there is none.

    All comments are looked through: on a busy pull request ours is not among the first.
    """
    # The marker alone on the first line: a person who quotes it has written a comment of their own.
    comments = [
        entry
        for entry in repository.pages(Comment, repository.rest.issues.list_comments, issue_number=number)
        if entry.body.partition("\n")[0].rstrip() == marker(purpose)
    ]
    if not comments:
        return None
    login = None if all(_is_bot(entry) for entry in comments) else find_login(repository)
    return next((entry for entry in comments if _is_bot(entry) or _is_by(entry, login)), None)


def find_login(repository: GitHubRepository) -> str | None:
    """Who the token is; None for the token of a workflow's run or of an app, which may not ask."""
    try:
        return repository.fetch(User, repository.rest.users.get_authenticated).login or None
    except RateLimitError:
        raise
    except GitHubError:
        return None


def _is_bot(entry: Comment) -> bool:
    return entry.user is not None and entry.user.type == "Bot"


def _is_by(entry: Comment, login: str | None) -> bool:
    return login is not None and entry.user is not None and entry.user.login.lower() == login.lower()
