"""A checkout of one release, beside the one that a person or a workflow works in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.source.git import git


@contextmanager
def check_out(checkout: Path, release: str) -> Iterator[Path]:
    """Check a release out in a folder of its own, unless it is what is checked out already; yields the folder.

    Raises:
        GitError: this clone does not have the release.
    """
    clean = not git(checkout, "status", "--porcelain", "--untracked-files=no")
    if clean and git(checkout, "rev-parse", "HEAD") == release:
        yield checkout
        return
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        own = Path(folder) / "checkout"
        git(checkout, "worktree", "add", "--detach", "--quiet", str(own), release)
        try:
            yield own
        finally:
            git(checkout, "worktree", "remove", "--force", str(own))
