"""One comment for one purpose on a pull request or an issue, written once and edited ever after."""

from __future__ import annotations

from delivery.github.client import GitHubRepository

LONGEST = 60_000  # GitHub takes 65 536 characters; the rest is room for what it adds


def marker(purpose: str) -> str:
    """What distinguishes our comment from others; nobody sees it."""
    return f"<!-- slipway:{purpose} -->"


def fitted(head: str, sections: list[str], where: str, longest: int = LONGEST) -> str:
    """A text of head and as many whole sections as fit; the others are counted, and `where` says where they are."""
    kept, room = [head], longest - len(head) - 200
    for index, section in enumerate(sections):
        if len(section) > room:
            kept.append(f"\n… and {len(sections) - index} more: {where}\n")
            break
        kept.append(section)
        room -= len(section)
    return "\n".join(kept)


def write(repository: GitHubRepository, number: int, purpose: str, body: str) -> str:
    """Have the comment on a pull request or issue say `body`; returns its URL.

    All comments are looked through: on a busy pull request ours is not among the first.
    """
    text = f"{marker(purpose)}\n{body}"
    rest, owner, name = repository.rest, repository.owner, repository.name
    mine = find(repository, number, purpose)
    if mine is None:
        reply = rest.issues.create_comment(owner, name, number, body=text)
    else:
        reply = rest.issues.update_comment(owner, name, mine, body=text)
    return str(reply.json()["html_url"])


def find(repository: GitHubRepository, number: int, purpose: str) -> int | None:
    """The id of our comment; None where there is none."""
    comments = repository.pages(repository.rest.issues.list_comments, issue_number=number)
    wanted = marker(purpose)
    # Its first line, and a bot's: a person who quotes it has written a comment of their own.
    return next(
        (
            int(comment["id"])
            for comment in comments
            if str(comment.get("body") or "").startswith(wanted) and (comment.get("user") or {}).get("type") == "Bot"
        ),
        None,
    )
