"""Running other programs: output to a log file, their last lines in the error, and an end on Ctrl-C."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LAST_LINES = 15  # of a failed program's output: enough for a compiler error, short enough to read
GRACE_SECONDS = 10.0  # between asking a program to end and ending it


class CommandError(RuntimeError):
    """A program ended with a non-zero status; the text has its last lines and its log's path."""


class Cancelled(RuntimeError):
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
            Cancelled: `cancel` was called while it ran.
        """
        words = [str(word) for word in command]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as out:
            out.write(f"$ {shlex.join(words)}\n")
            lines: list[str] = []
            with self._start(words, environment, folder, stdin) as process:
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
            raise Cancelled
        if status != 0:
            raise CommandError(_explain(words, status, lines[-last_lines:], log))
        return "".join(lines)

    def cancel(self) -> None:
        """End everything that runs, politely first; later calls of `run` raise Cancelled."""
        with self._lock:
            self.cancelled.set()
            running = list(self._running)
        for process in running:
            _signal_group(process, signal.SIGTERM)
        for process in running:
            try:
                process.wait(timeout=GRACE_SECONDS)
            except subprocess.TimeoutExpired:
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
                raise Cancelled
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
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        return process


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _explain(words: list[str], status: int, lines: list[str], log: Path) -> str:
    tail = "".join(f"    {line}" for line in lines).rstrip()
    return f"`{shlex.join(words[:4])}…` ended with status {status}; the whole log is {log}\n{tail}"
