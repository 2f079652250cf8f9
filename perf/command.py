"""Running the programs that are measured."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

LAST_LINES = 30
MAKES_OWN = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # of the `make bench` that runs us: not for the ones we run


class RunError(RuntimeError):
    """A run failed; the text has the end of its output."""


def run(
    words: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None, stdin: str | None = None
) -> str:
    """Run a program in a folder and return its standard output.

    Raises:
        RunError: its exit status is not 0.
    """
    inherited = {key: value for key, value in os.environ.items() if key not in MAKES_OWN}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**inherited, **(environment or {})},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).splitlines()[-LAST_LINES:]
        command = " ".join(map(str, words))
        raise RunError("\n".join([f"`{command}` ended with status {done.returncode}", *lines]))
    return done.stdout
