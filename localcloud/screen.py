"""Progress on a terminal (live lines) or in a log (a line at each start and end)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from localcloud.machine.command import CancelledError
from localcloud.steps import SILENT_SECONDS, Progress

TENTH = 0.1  # of a second: less reads as none
HEARTBEAT_SECONDS = 30.0  # a log without a line for longer looks dead


class Screen:
    """A `steps.Watcher` that writes to a console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._said: dict[str, float] = {}

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self._live.stop()

    def started(self, progress: Progress) -> None:
        self._said[progress.step.name] = 0.0

    def tick(self, progresses: Sequence[Progress], left: float) -> None:
        if self.console.is_terminal:
            total = [f"  about {duration(left)} to go"] if left >= TENTH else []
            self._live.update(Text("\n".join([*map(_line, progresses), *total])))
            self._live.refresh()
            return
        for progress in progresses:
            said = self._said[progress.step.name]
            due = SILENT_SECONDS if said == 0 else said + HEARTBEAT_SECONDS
            if progress.elapsed > due:
                self._said[progress.step.name] = progress.elapsed
                self.console.print(_line(progress), markup=False, highlight=False)

    def ended(self, progress: Progress, error: BaseException | None) -> None:
        if isinstance(error, CancelledError):
            return
        mark = "✓" if error is None else "✗"
        if error is not None or progress.elapsed >= SILENT_SECONDS / 10:
            note = f"  ({progress.note})" if progress.note and error is None else ""
            self.console.print(
                f"{mark} {progress.step.name}  {duration(progress.elapsed)}{note}",
                markup=False,
                highlight=False,
            )


def _line(progress: Progress) -> str:
    share = f" {progress.done:.0%}" if progress.done else ""
    note = f"  {progress.note}" if progress.note else ""
    left = f"{duration(progress.left)} left" if progress.left >= TENTH else "longer than expected"
    return f"… {progress.step.name}{share}  {duration(progress.elapsed)}, {left}{note}"


def duration(seconds: float) -> str:
    """Seconds for a reader: `0.4 s`, `12 s`, `3 min 20 s`."""
    if seconds < 10:  # noqa: PLR2004 - below it, tenths tell something
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
