"""Running other programs: output to a log file, their last lines in the error, and an end on Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

LAST_LINES = 15  # of a failed program's output: enough for a compiler error, short enough to read
GRACE_SECONDS = 10.0  # between asking programs to end and ending them, for all together
LOG_BYTES = 10 * 2**20  # a log that is larger is set aside, in place of the one set aside before


class CommandError(RuntimeError):
    """A program ended with a non-zero status; the text has its last lines and its log's path."""


class CancelledError(RuntimeError):
    """The user asked to stop."""


class Commands:
    """Runs programs, several at once from several threads, and ends them all when asked to.

    Args:
        environment: put into every program's environment.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = dict(environment or {})
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self.cancelled = threading.Event()

    def run(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        stdin: str | None = None,
        last_lines: int = LAST_LINES,
    ) -> str:
        """Run to the end and return standard output and error, which also go to `log`.

        Of a failure's output the error holds the `last_lines`.

        Raises:
            CommandError: it could not start, or ended with a non-zero status.
            CancelledError: `cancel` was called while it ran.
        """
        words = [str(word) for word in command]
        with open_log(log) as out:
            out.write(f"$ {shlex.join(words)}\n")
            lines: list[str] = []
            with self._start(words, environment, folder, stdin) as process, _feed(process, stdin):
                try:
                    for line in process.stdout or ():
                        out.write(line)
                        out.flush()
                        lines.append(line)
                        if on_line is not None:
                            on_line(line)
                    status = process.wait()
                finally:
                    with self._lock:
                        self._running.discard(process)
        if self.cancelled.is_set():
            raise CancelledError
        if status != 0:
            raise CommandError(_explain(words, status, lines[-last_lines:], log))
        return "".join(lines)

    def cancel(self) -> None:
        """End everything that runs; later calls of `run` raise CancelledError.

        The first call asks programs to end and waits for GRACE_SECONDS before it kills them; a call after
        that kills them at once. Not for a signal handler, which could wait for a lock that its own thread holds.
        """
        with self._lock:
            hurry = self.cancelled.is_set()
            self.cancelled.set()
            running = list(self._running)
        for process in running:
            _signal_group(process, signal.SIGKILL if hurry else signal.SIGTERM)
        if hurry or _wait_for_end(running, GRACE_SECONDS):
            return
        for process in running:
            if process.poll() is None:
                _signal_group(process, signal.SIGKILL)

    def _start(
        self,
        words: list[str],
        environment: Mapping[str, str] | None,
        folder: Path | None,
        stdin: str | None,
    ) -> subprocess.Popen[str]:
        with self._lock:
            if self.cancelled.is_set():
                raise CancelledError
            try:
                process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                    env={**os.environ, **self._environment, **(environment or {})},
                    cwd=folder,
                    start_new_session=True,  # the terminal's Ctrl-C is ours to pass on, once
                )
            except OSError as error:
                raise CommandError(f"cannot start {words[0]}: {error.strerror}") from error
            self._running.add(process)
        return process


def open_log(path: Path) -> IO[str]:
    """A log to append to, readable by its owner alone; one that grew over LOG_BYTES is set aside first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        if path.is_file() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if path.is_file():  # not /dev/null
        os.fchmod(file, 0o600)  # an earlier version made it readable by all
    return os.fdopen(file, "a", encoding="utf-8", errors="replace")


@contextlib.contextmanager
def _feed(process: subprocess.Popen[str], text: str | None) -> Iterator[None]:
    """Write `text` to the program from a thread: one that fills its output first would wait for us for ever.

    `Popen.communicate` does the same, and hands output over only at the end.
    """
    if text is None:
        yield
        return

    def write() -> None:
        with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as pipe:
            if pipe is not None:
                pipe.write(text)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        writer.join(timeout=1)  # a grandchild that never reads may keep it for as long as it lives
        process.stdin = None  # the thread's to close; `Popen.__exit__` would flush it again


def _wait_for_end(processes: list[subprocess.Popen[str]], seconds: float) -> bool:
    """Whether all of them ended within this time."""
    deadline = time.monotonic() + seconds
    while any(process.poll() is None for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _explain(words: list[str], status: int, lines: list[str], log: Path) -> str:
    tail = "".join(f"    {line}" for line in lines).rstrip()
    return f"`{shlex.join(words[:4])}…` ended with status {status}; the whole log is {log}\n{tail}"
