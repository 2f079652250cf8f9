"""Version tags on GitHub: a version means one commit for ever."""

from __future__ import annotations

import json

from delivery.github.answers import GitRef
from delivery.github.artifacts import list_ours, read_file
from delivery.github.branches import read_branches
from delivery.github.client import GitHubRepository
from delivery.outcome import RefusedError

EVIDENCE, FILE = "prod-release", "release.json"
DEEPEST = 5  # tags of tags


def find_commit(repository: GitHubRepository, tag: str) -> str | None:
    """The commit that a tag on GitHub points at now; None where there is no such tag.

    Raises:
        RefusedError: it points at no commit.
    """
    ref = repository.find(GitRef, repository.rest.git.get_ref, f"tags/{tag}")
    # GitHub answers with the ref itself only; a proxy or an old Enterprise host with what begins so.
    if ref is None or ref.ref not in {"", f"refs/tags/{tag}"}:
        return None
    target = ref.object
    for _ in range(DEEPEST):
        if target.type != "tag":
            break
        target = repository.read(GitRef, repository.rest.git.get_tag, target.sha).object
    if target.type != "commit":
        raise RefusedError(f"{tag} points at a {target.type or 'nothing'} on GitHub, not at a commit")
    return target.sha


def refuse_moved(repository: GitHubRepository, tag: str, sha: str) -> None:
    """Refuse a version whose tag names another commit than it did.

    What an earlier deploy of the version recorded counts as long as GitHub keeps its evidence. After that prod's
    registry does, where the version is a tag of an image: `promote` refuses another one.

    Args:
        tag: such as `v1.4.0`.
        sha: the full commit that is to be deployed as this version.

    Raises:
        RefusedError: the tag is not on GitHub, or it or an earlier deploy of the version names another commit.
    """
    now = find_commit(repository, tag)
    if now is None:
        raise RefusedError(f"{tag} is not a tag of {repository.url}: push it, and deploy it then")
    if now != sha:
        raise RefusedError(f"{tag} points at {now[:12]} on GitHub, not at {sha[:12]}: fetch the tags again")
    if before := _find_earlier(repository, tag, sha):
        raise RefusedError(
            f"{tag} was {before[:12]} when it was deployed, and is {sha[:12]} now: a version never moves; "
            "make a new one"
        )


def _find_earlier(repository: GitHubRepository, tag: str, sha: str) -> str | None:
    """Another commit that was deployed as this version; None where there is none."""
    for artifact in list_ours(repository, EVIDENCE, read_branches().names):
        content = read_file(repository, artifact, FILE)
        record = _read_record(content)
        if record.get("version") == tag and isinstance(release := record.get("release"), str) and release != sha:
            return release
    return None


def _read_record(content: bytes | None) -> dict[str, object]:
    """What a deploy recorded; evidence that cannot be read says nothing of a version."""
    try:
        record = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
