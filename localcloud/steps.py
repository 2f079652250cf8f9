"""Work as a graph of steps: those that do not wait for each other run at the same time, and each is shown
with the time it has left."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from traceback import format_exception
from typing import Protocol

SILENT_SECONDS = 2.0  # steps shorter than this are not announced while they run


class Report(Protocol):
    """What a running step may say of itself."""

    def __call__(self, *, done: float | None = None, note: str | None = None) -> None:
        """`done`: the share finished, 0 to 1. `note`: a few words on what it does now."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do.

    Attributes:
        name: what it does, as a reader would say it ("build Kubernetes").
        work: does it; called with a `Report`; safe to call again.
        needs: names of steps that must have ended well before.
        seconds: how long it is expected to take where nothing was measured yet.
    """

    name: str
    work: Callable[[Report], None]
    needs: Sequence[str] = ()
    seconds: float = 1.0


@dataclass
class Progress:
    """How far one step is; written by its thread, read by whoever shows it."""

    step: Step
    expected: float
    started: float | None = None
    ended: float | None = None
    done: float | None = None
    note: str = ""

    def __call__(self, *, done: float | None = None, note: str | None = None) -> None:
        self.done = self.done if done is None else done
        self.note = self.note if note is None else note

    @property
    def elapsed(self) -> float:
        if self.started is None:
            return 0.0
        return (self.ended or time.monotonic()) - self.started

    @property
    def left(self) -> float:
        """Seconds still to go, from the share done where the step knows it, else from the expectation."""
        if self.ended is not None:
            return 0.0
        if self.done:
            return self.elapsed * (1 - self.done) / self.done
        return max(self.expected - self.elapsed, 0.0)


class Watcher(Protocol):
    """Shows progress."""

    def started(self, progress: Progress) -> None: ...
    def tick(self, progresses: Sequence[Progress], left: float) -> None: ...
    def ended(self, progress: Progress, error: BaseException | None) -> None: ...


@dataclass
class Graph:
    """Steps and the record of how long each took last time (a JSON file of seconds by name)."""

    steps: Sequence[Step]
    record: Path
    _durations: dict[str, float] = field(default_factory=dict)

    def run(self, watcher: Watcher, *, at_once: int = 8, interval: float = 0.2) -> None:
        """Do every step, as many at once as need not wait.

        The first failure lets what runs come to its end, starts nothing further, and is then raised; the others
        are in its notes, with their tracebacks.
        """
        self._durations = _read(self.record)
        progresses = {step.name: Progress(step, self._durations.get(step.name, step.seconds)) for step in self.steps}
        sorter = TopologicalSorter({step.name: step.needs for step in self.steps})
        sorter.prepare()
        failure: BaseException | None = None
        running: dict[Future[None], Progress] = {}
        with ThreadPoolExecutor(at_once, thread_name_prefix="step") as pool:
            while sorter.is_active() and not (failure and not running):
                for name in sorter.get_ready() if failure is None else ():
                    progress = progresses[name]
                    progress.started = time.monotonic()
                    watcher.started(progress)
                    running[pool.submit(progress.step.work, progress)] = progress
                finished, _ = wait(running, timeout=interval, return_when=FIRST_COMPLETED)
                watcher.tick(list(running.values()), self._left(progresses))
                for future in finished:
                    progress = running.pop(future)
                    progress.ended = time.monotonic()
                    error = future.exception()
                    watcher.ended(progress, error)
                    if failure is None:
                        failure = error
                    elif error is not None:
                        failure.add_note(f"{progress.step.name} failed, too:\n{''.join(format_exception(error))}")
                    if error is None:
                        sorter.done(progress.step.name)
                        self._durations[progress.step.name] = round(progress.elapsed, 2)
        _write(self.record, self._durations)
        if failure is not None:
            raise failure

    def _left(self, progresses: dict[str, Progress]) -> float:
        """Seconds to the end of the longest chain of steps that wait for each other."""
        ends: dict[str, float] = {}
        for name in TopologicalSorter({step.name: step.needs for step in self.steps}).static_order():
            progress = progresses[name]
            ends[name] = progress.left + max((ends[need] for need in progress.step.needs), default=0.0)
        return max(ends.values(), default=0.0)


def _read(record: Path) -> dict[str, float]:
    try:
        return {str(name): float(seconds) for name, seconds in json.loads(record.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}  # an estimate is never worth a failure


def _write(record: Path, durations: dict[str, float]) -> None:
    record.parent.mkdir(parents=True, exist_ok=True)
    partial = record.with_suffix(".partial")
    partial.write_text(json.dumps(durations, indent=1))
    partial.replace(record)
