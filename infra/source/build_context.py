"""The folder that a service's image is built from: never the working folder, and the same from every clone.

An image's layers hold names, modes and times beside the content. So a context has git's two modes for files, one
for folders, and its commit's time, whatever the umask of the machine; none of the files that git ignores; and
never today's files under yesterday's commit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from infra.source.git import files, git, mode
from infra.source.release import ServiceRelease

CONTEXTS = Path(".slipway/contexts")
FOLDER_MODE = 0o755


def export_context(release: ServiceRelease, *, folder: Path = Path()) -> Path:
    """The service's folders as the release has them, under .slipway/contexts of the checkout's `folder`; made once.

    They lie in it as they do in the checkout, so that one Dockerfile does for both.

    Raises:
        GitError: git cannot give the commit's files.
    """
    target = folder / CONTEXTS / release.service / release.tag
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=".partial-"))
    try:
        if release.dirty:
            _copy(folder, release, partial)
        else:
            _unpack(folder, release, partial)
        _normalise(partial, int(git(folder, "show", "-s", "--format=%ct", release.sha)))
        try:
            partial.rename(target)
        except OSError:
            if not target.exists():  # else another run was quicker, with the same files
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _unpack(folder: Path, release: ServiceRelease, target: Path) -> None:
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        # `./` is where the checkout lies in its repository, which need not be the root.
        tree = git(folder, "rev-parse", f"{release.sha}:./")
        root = Path(git(folder, "rev-parse", "--show-toplevel"))
        git(root, "archive", "--format=tar", f"--output={archive.name}", tree, "--", *release.folders)
        # Not tarfile: Debian 12's Python has no extraction filters, and later ones warn without.
        subprocess.run(["tar", "--extract", f"--file={archive.name}", f"--directory={target}"], check=True)


def _copy(folder: Path, release: ServiceRelease, target: Path) -> None:
    for path in files(folder, *release.folders):
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy, follow_symlinks=False)
        if not copy.is_symlink():
            copy.chmod(mode(path))


def _normalise(context: Path, seconds: int) -> None:
    """Give everything below, and the folder itself, modes and times that say nothing of this machine."""
    for path in [*context.rglob("*"), context]:
        if not path.is_symlink():
            path.chmod(FOLDER_MODE if path.is_dir() else mode(path))
        os.utime(path, (seconds, seconds), follow_symlinks=False)
