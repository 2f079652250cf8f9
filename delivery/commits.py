"""Questions to git about releases: which commit is meant, and which of two is newer."""

from __future__ import annotations

from pathlib import Path

from delivery.outcome import Missing, Refused
from infra.git import GitError, git

PROTECTED = ("origin/main", "origin/develop")


def commit(revision: str, checkout: Path = Path()) -> str:
    """The whole SHA of a commit, a tag or a branch.

    Raises:
        Refused: it names no commit here.
        Missing: the clone is shallow, so an answer could be wrong.
    """
    if git(checkout, "rev-parse", "--is-shallow-repository") == "true":
        raise Missing("this clone is shallow; run `git fetch --unshallow` (in GitHub Actions: fetch-depth: 0)")
    try:
        return git(checkout, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except GitError:
        raise Refused(
            f"{revision!r} names no commit here; write a commit, a tag such as v1.2.0, or a branch"
        ) from None


def is_merged(sha: str, checkout: Path = Path()) -> bool:
    """Whether a commit is part of a protected branch, as GitHub has it."""
    return any(sha == _base(sha, branch, checkout) for branch in PROTECTED)


def _base(sha: str, branch: str, checkout: Path) -> str | None:
    try:
        return git(checkout, "merge-base", sha, branch)
    except GitError:
        return None


def is_older(sha: str, than: str, checkout: Path = Path()) -> bool:
    """Whether a release is already part of another one, which is not the same; unknown ones are not."""
    if sha == than:
        return False
    try:
        return git(checkout, "merge-base", sha, than) == sha
    except GitError:
        return False
