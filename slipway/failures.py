"""Errors as people and programs read them: a sentence, an exit status, and the command to run next."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery.outcome import DeliveryError, Status, is_run_error
from delivery.redaction import redacted
from infra.config.document import DocumentError

SHOW_TRACEBACK = ("SLIPWAY_DEBUG", "GITHUB_ACTIONS")  # one of them is set: a log is where a defect is looked for


LONGEST = 40_000  # characters: the last 60 lines of Pulumi, with what pods said, have been 18 000


@dataclass(frozen=True)
class Failure:
    """Why a command failed.

    Attributes:
        next_command: what to run next; None where that is not known, or the text says it.
    """

    text: str
    status: int
    next_command: str | None = None

    def __str__(self) -> str:
        if self.status == Status.INTERRUPTED:
            return self.text
        return f"error: {self.text}" + (f"\nrun `{self.next_command}`" if self.next_command else "")

    def facts(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        return {"error": self.text, **({"next": self.next_command} if self.next_command else {})}


def explain(error: BaseException, hints: Mapping[Status, str]) -> Failure:
    """Turn an error into a failure: its text without secrets, its exit status, the next command.

    Args:
        hints: the command to run next, by exit status, for errors that name none.
    """
    if isinstance(error, KeyboardInterrupt):
        return Failure("stopped", Status.INTERRUPTED)
    text = _cut(redacted(str(error)))
    if isinstance(error, DeliveryError):
        named = "`slipway " in text
        hint = None if named else error.next_command or hints.get(error.status)
        return Failure(text, error.status, hint)
    if isinstance(error, DocumentError):
        return Failure(text, Status.FAILED, None if "`slipway " in text else "slipway config check")
    if isinstance(error, OSError) and error.filename:  # a file, or a program that is not installed
        return Failure(f"{error.filename}: {error.strerror}", Status.FAILED, hints.get(Status.FAILED))
    if is_run_error(error):
        return Failure(text, Status.FAILED, hints.get(Status.FAILED))
    if any(name in os.environ for name in SHOW_TRACEBACK):
        print(redacted("".join(traceback.format_exception(error))), file=sys.stderr)
    return Failure(f"unexpected {type(error).__name__}: {text}; SLIPWAY_DEBUG=1 shows where", Status.FAILED)


def _cut(text: str) -> str:
    """The beginning and the end of a text that nobody would read whole: a program may say megabytes."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]}\n… {len(text) - LONGEST} characters …\n{text[-LONGEST // 2 :]}"
