"""Who may have signed for this repository, and asking the programs that check it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from types import MappingProxyType

from delivery.github.branches import read_branches
from delivery.outcome import MissingError
from delivery.redaction import redacted

SECONDS = 120


def identity(slug: str, workflows: str) -> str:
    """A pattern of the certificates that our own workflows get on a protected branch, and no other branch's.

    Args:
        slug: `owner/name` of the repository.
        workflows: a pattern of their file names, without `.yml`.
    """
    ours = re.escape(f"https://github.com/{slug}/.github/workflows/")
    return rf"^{ours}{workflows}\.yml@refs/heads/({'|'.join(sorted(map(re.escape, read_branches().names)))})$"


def problem(command: list[str], missing: str, environment: Mapping[str, str] = MappingProxyType({})) -> str | None:
    """Why a program refuses, in its own words without secrets; None when it does not.

    Args:
        command: the program and its words.
        missing: what to say where there is no such program.
        environment: variables of the program, beside this process's own.

    Raises:
        MissingError: there is none.
    """
    program = command[0]
    if shutil.which(program) is None:
        raise MissingError(missing)
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"{program} did not answer within {SECONDS} s"
    if done.returncode == 0:
        return None
    return redacted((done.stderr or done.stdout).strip()) or f"{program} {command[1]} failed and said nothing"
