"""How a command ends: a status that a workflow can branch on, and the errors that carry one."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Exit statuses, the same for every command; `python -m delivery --help` lists them.

    `RETURNED` is a failure too: the release asked for does not run, and the last good one does again.
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    MISSING = 5
    RETURNED = 6


MEANING = {
    Status.OK: "done, or nothing to do",
    Status.FAILED: "what was to be done or checked failed",
    Status.USAGE: "the command line is wrong",
    Status.REFUSED: "not allowed as things are; nothing was changed",
    Status.UNREACHABLE: "a service or an API does not answer",
    Status.MISSING: "a tool, a credential or a setting is missing",
    Status.RETURNED: "the release failed, and the last good one runs again",
}


class DeliveryError(Exception):
    """What was to be done or checked failed."""

    status = Status.FAILED


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

    status = Status.RETURNED
