"""How a command ends: a status that a workflow can branch on, and the errors that carry one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Status(IntEnum):
    """Exit statuses, the same for every command; `slipway --help` lists them.

    `ROLLED_BACK` is a failure too: the release asked for does not run, and the last good one does again.
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    MISSING = 5
    ROLLED_BACK = 6
    INTERRUPTED = 130


MEANING = {
    Status.OK: "done, or nothing to do",
    Status.FAILED: "what was to be done or checked failed",
    Status.USAGE: "the command line is wrong",
    Status.REFUSED: "not allowed as things are; nothing was changed",
    Status.UNREACHABLE: "a service or an API does not answer",
    Status.MISSING: "a tool, a credential or a setting is missing",
    Status.ROLLED_BACK: "the release failed, and the last good one runs again",
    Status.INTERRUPTED: "stopped by Ctrl-C",
}


@dataclass(frozen=True)
class Report:
    """How a command ended.

    Attributes:
        status: its exit status, one of `Status`, or that of the program that it ran.
        facts: what `--json` prints beside the status; values that `json` knows, or whose `str` says it all.
    """

    status: int = Status.OK
    facts: Mapping[str, Any] = field(default_factory=dict)


class DeliveryError(Exception):
    """What was to be done or checked failed.

    Attributes:
        next_command: what to run next, where that is known: `slipway stack status`.
    """

    status = Status.FAILED
    next_command: str | None = None


class RefusedError(DeliveryError):
    """The request is not allowed as things are; nothing was changed."""

    status = Status.REFUSED


class UnreachableError(DeliveryError):
    """A service or an API does not answer."""

    status = Status.UNREACHABLE


class MissingError(DeliveryError):
    """A tool, a credential or a setting is missing."""

    status = Status.MISSING


class RolledBackError(DeliveryError):
    """The release failed, and the last good one runs again."""

    status = Status.ROLLED_BACK
    next_command = "slipway stack status"


def is_run_error(error: BaseException) -> bool:
    """Whether it is Pulumi's error for a person to read, which the program's own errors are, too.

    Pulumi's SDK takes a second to import: where nothing did, no such error can have been raised.
    """
    pulumi = sys.modules.get("pulumi")
    return pulumi is not None and isinstance(error, pulumi.RunError)
