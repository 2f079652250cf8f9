"""Secrets that are made once and kept in files that only their owner can read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def read_or_create(file: Path, create: Callable[[], str]) -> str:
    """The content of a secret's file, made by `create` where there is none.

    The file is whole or absent, whenever a process is killed, and of two that create it at once one wins.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, partial = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
        with os.fdopen(descriptor, "w") as out:
            out.write(create())
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(partial, file)
        Path(partial).unlink()
    return file.read_text()
