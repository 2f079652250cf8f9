"""A repository as a team begins with it: this checkout's files, in one commit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from infra_stacks import ROOT

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgSign=false")


def copy_files(folder: Path, *paths: str) -> None:
    """Copy the files below these paths that git lists here, all of them where none is named, as they are now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def create_repository(folder: Path) -> Path:
    """The folder, with the files that git lists here, as they are now."""
    copy_files(folder)
    commit = [*IDENTITY, "commit", "--quiet", "--message", "Use the template"]
    for words in (["init", "--quiet"], ["add", "--all"], commit):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder
