"""Why kubectl printed no log: there is none yet, or it could not be read."""

from __future__ import annotations

import sys
from collections.abc import Collection

from delivery.outcome import DeliveryError, UnreachableError
from operations.control_characters import escape_controls

# What the kubelet and the API server say of a container without a log: it has not started, it had no run before this
# one, or its pod is gone by now.
NO_LOG = ("is waiting to start", "previous terminated container", "is not available", '(NotFound): pods "')
NO_ANSWER = ("Unable to connect", "The connection to the server", "dial tcp", "i/o timeout", "TLS handshake timeout")


def find_problem(status: int, errors: bytes) -> str | None:
    """Return what kept a log from being read, in one line; None where it was read, or there is none.

    Args:
        status: that kubectl ended with.
        errors: what it printed to standard error.
    """
    text = escape_controls(errors.decode(errors="replace").strip())
    return None if status == 0 or not text or any(each in text for each in NO_LOG) else text


def make_error(problems: Collection[str]) -> DeliveryError:
    """The error where no log at all could be read.

    Args:
        problems: one at least; each is said once.
    """
    text = "; ".join(dict.fromkeys(problems))
    if all(any(each in problem for each in NO_ANSWER) for problem in problems):
        return UnreachableError(f"the cluster does not answer: {text}")
    return DeliveryError(f"the logs cannot be read: {text}")


def report_problem(pod: str, container: str, problem: str) -> None:
    """Say on standard error that a log cannot be read, where others can."""
    print(f"{pod} {container}: the log cannot be read: {problem}", file=sys.stderr)
