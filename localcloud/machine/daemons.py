"""Long-running programs of an instance, as they are described to supervisord."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class DaemonError(RuntimeError):
    """A program did not come up; the text has the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """A program to keep running.

    Attributes:
        name: also its log's base name.
        command: absolute paths and arguments; no character in them is special.
        environment: beside the instance's own.
        stop_seconds: how long it may take to end before it is killed.
        stop_signal: what asks it to end, without `SIG`.
        priority: those with a higher one are stopped first; None: its place in the list, whose change starts it anew.
        shared: other instances use it, so a new command waits until it starts anew.
    """

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 10
    stop_signal: str = "TERM"
    priority: int | None = None
    shared: bool = False


class Place(Protocol):
    """Where a supervisord keeps its files: `run` for its socket, `home` for its configuration, `logs`."""

    @property
    def run(self) -> Path: ...

    @property
    def home(self) -> Path: ...

    @property
    def logs(self) -> Path: ...

    def create_folders(self) -> None: ...


def listens(address: str, port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((address, port)) == 0
