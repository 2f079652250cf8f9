"""The folder that a service's image is built from: never the working folder, and the same from every clone.

An image's layers hold names, modes and times beside the content. So a context has the bytes that git stores, git's
two modes for files, one for folders, and its commit's time, whatever the umask and the git configuration of the
machine; none of the files that git ignores; and never today's files under yesterday's commit.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.source.git import git, printable
from infra.source.release import ReleaseError, ServiceRelease
from infra.source.tree import EXECUTABLE, LINK, SUBMODULE, Entry, list_entries, read_blobs, write_working_tree

CONTEXTS = Path(".slipway/contexts")
FOLDER_MODE = 0o755
FILE_MODES = {EXECUTABLE: 0o755}  # and 0644 for every other
# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: under 1024 bytes, these lines first.
LFS_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n")
LFS_POINTER_BYTES = 1024


def export_context(release: ServiceRelease, *, folder: Path = Path()) -> Path:
    """Export the service's folders as the release has them, under .slipway/contexts of the checkout's `folder`.

    They lie in it as they do in the checkout, so that one Dockerfile does for both. An earlier export is used again.
    Returns the folder to build from: the service's own in the export, or with shared ones the whole export.

    Raises:
        GitError: git cannot give the commit's files.
        ReleaseError: a file cannot go into an image: it is in a submodule, its content is not in this clone, or it is
            a link to what the image does not have.
    """
    target = folder / CONTEXTS / release.service / release.tag
    if target.exists():
        return target / release.build_folder
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=".partial-"))
    try:
        _write(folder, release, partial)
        _normalise(partial, int(git(folder, "show", "-s", "--format=%ct", release.sha)))
        try:
            partial.rename(target)
        except OSError:
            if not target.exists():  # else another run was quicker, with the same files
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target / release.build_folder


def _write(folder: Path, release: ServiceRelease, target: Path) -> None:
    tree = write_working_tree(folder, release.folders) if release.dirty else release.sha
    entries = [entry for entry in list_entries(folder, tree, release.folders) if release.contains(entry.path)]
    for entry in entries:
        _refuse_submodule(release.service, entry)
    for entry, content in read_blobs(folder, entries):
        path = target / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.mode == LINK:
            _refuse_link_outside(release.service, entry, os.fsdecode(content), release.folders)
            path.symlink_to(os.fsdecode(content))
            continue
        path.write_bytes(_content(folder, release.service, entry, content))
        path.chmod(FILE_MODES.get(entry.mode, 0o644))


def _refuse_submodule(service: str, entry: Entry) -> None:
    if entry.mode == SUBMODULE:
        raise ReleaseError(
            f"{service}: {printable(entry.path)} is a git submodule, or a repository inside this one: a commit has "
            "only its id, so its files would be missing from the image; commit the files themselves, or install "
            "them in the Dockerfile"
        )


def _refuse_link_outside(service: str, entry: Entry, to: str, folders: Sequence[str]) -> None:
    """Refuse a relative link to a file beside the folders; an absolute one is meant for the image's own files."""
    if posixpath.isabs(to):
        return
    path = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), to))
    if not any(path == folder or path.startswith(f"{folder}/") for folder in folders):
        where = "outside the repository" if path.startswith("..") else f"{printable(path)}, which its image has not"
        advice = "copy the file" if path.startswith("..") else f"add its folder to `shares` of {service}, or copy it"
        raise ReleaseError(f"{service}: {printable(entry.path)} is a link to {where}; {advice}")


def _content(folder: Path, service: str, entry: Entry, content: bytes) -> bytes:
    """Return a blob's bytes, or those that Git LFS stores for it."""
    pointer = LFS_POINTER.match(content) if len(content) < LFS_POINTER_BYTES else None
    if pointer is None:
        return content
    digest = pointer[1].decode()
    common = folder / git(folder, "rev-parse", "--git-common-dir")
    stored = common / "lfs/objects" / digest[:2] / digest[2:4] / digest
    large = stored.read_bytes() if stored.is_file() else b""
    if hashlib.sha256(large).hexdigest() != digest:
        raise ReleaseError(
            f"{service}: {printable(entry.path)} is stored in Git LFS, and its content is not in this clone; run "
            "`git lfs pull` (in GitHub Actions: `lfs: true` of actions/checkout)"
        )
    return large


def _normalise(context: Path, seconds: int) -> None:
    """Give everything below, and the folder itself, modes and times that say nothing of this machine."""
    for path in [*context.rglob("*"), context]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(FOLDER_MODE)
        os.utime(path, (seconds, seconds), follow_symlinks=False)
