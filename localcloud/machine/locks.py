"""Locks between processes: a file that the kernel unlocks when its holder dies.

`fcntl.flock` itself: `filelock` and `portalocker` were looked at, and neither says who holds a lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from localcloud.machine.command import CancelledError

POLL_SECONDS = 0.2


class LockedError(RuntimeError):
    """Another process holds the lock; the text names it."""


@contextlib.contextmanager
def exclusive(
    path: Path, *, announce: Callable[[str], object] = print, cancelled: threading.Event | None = None
) -> Iterator[None]:
    """Hold the lock at `path`, after waiting for whoever has it.

    Args:
        path: made if missing, with its folders; never removed, as a removed file locks nothing.
        announce: called once with a sentence if there is something to wait for.
        cancelled: ends the wait when set.

    Raises:
        CancelledError: `cancelled` was set during the wait.
    """
    with _open(path) as file:
        announced = False
        while not _take(file):
            if cancelled is not None and cancelled.is_set():
                raise CancelledError
            if not announced:
                announce(f"waiting for process {_holder(file)}, which holds {path}")
                announced = True
            time.sleep(POLL_SECONDS)
        yield


@contextlib.contextmanager
def exclusive_or_refuse(path: Path, purpose: str) -> Iterator[None]:
    """Hold the lock at `path`, or refuse at once if another process has it.

    Raises:
        LockedError: another process holds it.
    """
    with _open(path) as file:
        if not _take(file):
            raise LockedError(f"process {_holder(file)} works on {purpose}: wait for it")
        yield


def _open(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="utf-8")


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return True


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip() or "unknown"
