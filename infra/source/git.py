"""Run git so that it answers the same on every machine, whoever calls it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pulumi

# What a person's own configuration could change about the answers.
FIXED = ("log.showSignature=false", "status.showUntrackedFiles=normal", "core.quotePath=false")
# A hook, or a command such as `git rebase --exec`, sets variables that lead git to its own repository and index
# (githooks(5), `git rev-parse --local-env-vars`). These say nothing of a repository, and remain.
REMAINING = ("GIT_CONFIG_", "GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_SSH", "GIT_ASKPASS", "GIT_EXEC_PATH", "GIT_TRACE")


class GitError(pulumi.RunError):
    """Git is not installed, or a command of it failed."""


def git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Return what git prints for a command in a folder, without newlines at its end.

    A file name that is not UTF-8 is decoded as Python decodes file names (`os.fsdecode`); `printable` shows it.

    Raises:
        GitError: git is not installed, or the command failed; the text is git's own.
    """
    settings = [word for setting in FIXED for word in ("-c", setting)]
    command = ["git", "-C", str(folder), *settings, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, env={**git_environment(), **(environment or {})}
        )
    except FileNotFoundError:
        raise GitError("git is not installed, and a release is a git commit; install git") from None
    if done.returncode != 0:
        raise GitError(f"git {arguments[0]}: {printable(os.fsdecode(done.stderr)).strip()}")
    return os.fsdecode(done.stdout).rstrip()  # not its front: `git status` begins lines with a space


def git_environment() -> dict[str, str]:
    """Return the variables for a git command: of git's own, only those that do not choose a repository."""
    here = {
        key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith(REMAINING)
    }
    return {**here, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1"}


def printable(name: str) -> str:
    r"""Return a decoded file name with each byte that is not UTF-8 as `\xe9`."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")
