"""Locks of a stack, by what Pulumi says of them.

In a self-managed backend they are files that say who, where and when, and never end by themselves. Pulumi Cloud knows
which update is in progress, and ends the lock of one that no longer reports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

RUNNER = "runner"  # the user of every GitHub-hosted Linux runner
# As the CLI itself begins a line. What a pod's log or the program says stands indented, or after a resource's name.
LOCKED = re.compile(r"^error: the stack is currently locked\b", re.MULTILINE)
CONFLICT = re.compile(r"^error: \[409\] Conflict: Another update is currently in progress", re.MULTILINE)
# As `pulumi` prints them: pkg/backend/diy/lock.go, checkForLock.
LINE = re.compile(
    r"^\s*(?P<url>\S+): created by (?P<user>.+)@(?P<host>\S+) \(pid (?P<pid>\d{1,10})\) at (?P<at>\S+)$"
)


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Who holds a stack."""

    user: str
    host: str
    pid: int
    at: datetime

    @property
    def of_a_runner(self) -> bool:
        return self.user == RUNNER

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid}), since {self.at:%Y-%m-%d %H:%M:%S %Z}"


def is_locked(text: str) -> bool:
    """Whether Pulumi says that a self-managed backend has a lock of the stack."""
    return LOCKED.search(text) is not None


def is_conflict(text: str) -> bool:
    """Whether Pulumi Cloud refused an update because another one is in progress."""
    return CONFLICT.search(text) is not None


def parse_locks(text: str) -> list[Lock]:
    """The locks named in what Pulumi prints when a stack is locked; none when it says something else."""
    if not is_locked(text):
        return []
    matches = [match for line in text.splitlines() if (match := LINE.match(line))]
    return [
        Lock(user=match["user"], host=match["host"], pid=int(match["pid"]), at=at)
        for match in matches
        if (at := _parse_time(match["at"]))
    ]


def _parse_time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
