"""Git, asked so that it answers the same on every machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pulumi

# What a person's own configuration could change about the answers below.
FIXED = ("log.showSignature=false", "status.showUntrackedFiles=normal", "core.quotePath=false", "tar.umask=0022")


class GitError(pulumi.RunError):
    """Git is not there, or refused."""


def git(folder: Path, *arguments: str) -> str:
    """What git prints for a command in a folder.

    Raises:
        GitError: git is not there, or ended with an error; the text is git's own.
    """
    settings = [word for setting in FIXED for word in ("-c", setting)]
    command = ["git", "-C", str(folder), *settings, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise GitError("git is not installed, and a release is a git commit; install git") from None
    if done.returncode != 0:
        raise GitError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.rstrip()  # not its front: `git status` begins lines with a space


def files(folder: Path, *below: str) -> list[Path]:
    """The files of folders that git tracks or would, sorted; deleted ones are not there."""
    listed = git(folder, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *below)
    paths = sorted({folder / name for name in listed.split("\0") if name})
    return [path for path in paths if path.is_symlink() or path.is_file()]


def mode(path: Path) -> int:
    """A file's mode as git would record it: it knows two."""
    return 0o755 if path.stat().st_mode & 0o100 else 0o644
