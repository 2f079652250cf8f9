"""The version of a service before its newest migration: what still runs while that migration does."""

from __future__ import annotations

import subprocess

from services.process import ROOT


def export_previous_version(service, folder):
    """Write a service and the chassis, as they were before its newest migration, into a folder.

    Args:
        service: the service's folder in the repository, `backend`.
    """
    newest = max((ROOT / service / "migrations/versions").glob("*.py")).relative_to(ROOT)
    added = _git("log", "--first-parent", "-1", "--format=%H", "--diff-filter=A", "--", newest).decode().strip()
    assert not _git("rev-parse", "--is-shallow-repository").startswith(b"true"), (
        "fetch the history: git fetch --unshallow"
    )
    # One that is not committed yet comes after everything that is.
    before = f"{added}^" if added else "HEAD"
    chassis = "chassis" if _git("ls-tree", before, "--", "chassis") else "backend/chassis"  # the root, until it moved
    archive = _git("archive", before, service, chassis)
    folder.mkdir()
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive, check=True)


def search_path(folder):
    """PYTHONPATH for a service below this folder: of a version before, or of the repository."""
    return f"{folder}:{folder / 'backend'}"


def _git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout
