"""Questions to git about releases: which commit is meant, and which of two is newer."""

from __future__ import annotations

from pathlib import Path

from delivery.github.branches import read_branches
from delivery.outcome import MissingError, RefusedError
from infra.source.git import GitError, git


def find_commit(revision: str, checkout: Path = Path()) -> str | None:
    """The whole SHA of a commit, a tag or a branch; None where this clone has no such thing."""
    try:
        return git(checkout, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except (GitError, ValueError):  # a null byte cannot be an argument
        return None


def require_commit(revision: str, checkout: Path = Path()) -> str:
    """The same for a revision that must be there.

    Raises:
        RefusedError: it names no commit here.
        MissingError: the clone is shallow, so an answer could be wrong.
    """
    if git(checkout, "rev-parse", "--is-shallow-repository") == "true":
        raise MissingError("this clone is shallow; run `git fetch --unshallow` (in GitHub Actions: fetch-depth: 0)")
    if (sha := find_commit(revision, checkout)) is None:
        raise RefusedError(f"{revision!r} names no commit here; write a commit, a tag such as v1.2.0, or a branch")
    return sha


def find_author(sha: str, checkout: Path = Path()) -> str:
    """Who wrote a commit."""
    return git(checkout, "log", "-1", "--format=%an", sha)


def is_merged(sha: str, checkout: Path = Path()) -> bool:
    """Whether a commit was the head of a protected branch, as GitHub has it.

    A commit within a merged pull request was not: what was reviewed is the pull request as a whole.
    """
    return any(sha in _list_merges(branch, checkout) for branch in read_branches(checkout).remote)


def is_older(sha: str, than: str, checkout: Path = Path()) -> bool:
    """Whether a release is already part of another one, which is not the same; unknown ones are not."""
    return sha != than and _is_part(sha, than, checkout)


def _list_merges(branch: str, checkout: Path) -> set[str]:
    try:
        return set(git(checkout, "rev-list", "--first-parent", branch, "--").splitlines())
    except GitError:
        return set()


def _is_part(sha: str, whole: str, checkout: Path) -> bool:
    try:
        return git(checkout, "merge-base", sha, whole) == sha
    except GitError:
        return False
