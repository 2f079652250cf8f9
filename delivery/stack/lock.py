"""Locks of a stack in a self-managed backend: files that say who, where and when, and never end by themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

RUNNER = "runner"  # the user of every GitHub-hosted Linux runner
LOCKED = "the stack is currently locked"
# As `pulumi` prints them: pkg/backend/diy/lock.go, checkForLock.
LINE = re.compile(r"^\s*(?P<url>\S+): created by (?P<user>.+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)$")


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


def locks_in(text: str) -> list[Lock]:
    """The locks named in what Pulumi prints when a stack is locked; none when it says something else."""
    if LOCKED not in text:
        return []
    return [
        Lock(
            user=match["user"],
            host=match["host"],
            pid=int(match["pid"]),
            at=datetime.fromisoformat(match["at"]),
        )
        for line in text.splitlines()
        if (match := LINE.match(line))
    ]
