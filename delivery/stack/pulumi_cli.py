"""Running the Pulumi CLI, and reading what it prints: anything unexpected is an error with the first of its words.

Not Pulumi's Automation API: its history shows secrets by default, its preview gives no plan as JSON, and its
configuration is written to the committed stack file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeVar

from pydantic import TypeAdapter, ValidationError

from delivery.github import workflow_run
from delivery.outcome import DeliveryError, MissingError, RefusedError
from delivery.redaction import redacted
from delivery.stack.lock import Lock, is_conflict, is_locked, parse_locks
from infra.runbook import describe_entry, find_entry

LAST_LINES = 60
FIRST_CHARACTERS = 200  # of an answer that is not as expected
NO_STACK = re.compile(r"^error: no stack named\b", re.MULTILINE)
Form = TypeVar("Form")


class PulumiError(DeliveryError):
    """Pulumi ended with an error, or printed something unexpected; the text is part of its own, without secrets."""


class NoStackError(PulumiError):
    """The stack was never created."""


class LockedError(RefusedError):
    """The stack is held; `locks` says by whom: nobody who is known, where Pulumi Cloud holds it."""

    def __init__(self, stack: str, locks: list[Lock]) -> None:
        self.locks = locks
        holders = "; ".join(map(str, locks)) or "another update that is in progress"
        super().__init__(f"{stack} is locked by {holders}; see `slipway stack unstick --stack {stack}`")


@dataclass(frozen=True)
class PulumiCli:
    """The CLI for one stack of the project in `checkout`.

    Attributes:
        log: where Pulumi's own words go while it works, without secrets.
        environment: variables beside this process's own.
    """

    stack: str
    checkout: Path = Path()
    log: TextIO = field(default_factory=lambda: sys.stderr)
    environment: Mapping[str, str] = field(default_factory=dict)

    def read(self, *words: str, name_stack: bool = True) -> str:
        """Run a command, and return what it prints on standard output.

        Args:
            words: the command and its options.
            name_stack: whether to add `--stack`.

        Raises:
            MissingError: no Pulumi CLI.
            NoStackError: the stack was never created.
            PulumiError: the command failed.
        """
        done = self.capture(*words, name_stack=name_stack)
        if done.returncode != 0:
            said = done.stderr.strip() or clip_first(done.stdout)
            kind = NoStackError if NO_STACK.search(done.stderr) else PulumiError
            raise kind(redacted(f"pulumi {' '.join(words[:2])} of {self.stack}: {said}"))
        return done.stdout

    def capture(self, *words: str, name_stack: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command, and return what it prints and its status, whatever that is.

        Raises:
            MissingError: no Pulumi CLI.
        """
        return subprocess.run(
            self._command(words, name_stack=name_stack),
            env={**_environment(), **self.environment},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    def run(self, *words: str) -> None:
        """Run a command that changes the stack, and pass on what it says as it says it.

        Raises:
            LockedError: someone else works on the stack; nothing was begun.
            MissingError: no Pulumi CLI; nothing was begun.
            PulumiError: it failed.
        """
        last: deque[str] = deque(maxlen=LAST_LINES)
        with subprocess.Popen(
            self._command(words),
            env={**_environment(), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for raw in process.stdout or ():
                line = redacted(raw.rstrip("\n"))
                last.append(line)
                print(workflow_run.disarm(line), file=self.log, flush=True)
        said = "\n".join(last)
        if process.returncode == 0:
            return
        if is_locked(said) or is_conflict(said):
            raise LockedError(self.stack, parse_locks(said))
        raise PulumiError(f"pulumi {words[0]} of {self.stack} failed:\n{said}{_name_entry(said)}")

    def _command(self, words: Iterable[str], *, name_stack: bool = True) -> list[str]:
        if shutil.which("pulumi") is None:
            raise MissingError("the Pulumi CLI is not on PATH: https://www.pulumi.com/docs/install/")
        return ["pulumi", "--cwd", str(self.checkout), *words, *(["--stack", self.stack] if name_stack else [])]


def parse_answer(text: str, form: TypeAdapter[Form], subject: str) -> Form:
    """Return what Pulumi printed as JSON.

    Args:
        text: what it printed.
        form: what it should be.
        subject: for an error, with its verb: "the outputs of prod are".

    Raises:
        PulumiError: it is something else; the text has what is wrong with it, and its first words.
    """
    try:
        return form.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        problem = f"{where}: {first['msg']}" if where else first["msg"]
        raise PulumiError(f"{subject} not as expected: {problem}; Pulumi printed: {clip_first(text)}") from error


def clip_first(text: str) -> str:
    """The first words of an answer, without secrets."""
    text = redacted(text[: 10 * FIRST_CHARACTERS]).strip()
    return (text if len(text) <= FIRST_CHARACTERS else f"{text[:FIRST_CHARACTERS]}…") or "nothing"


def _name_entry(said: str) -> str:
    """The runbook's entry for what Pulumi said, where the program has named none: it hears of resources only."""
    entry = find_entry(said)
    return f"\n{describe_entry(entry)}" if entry and "docs/runbook.md" not in said else ""


def _environment() -> dict[str, str]:
    return {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "NO_COLOR": "1", "PULUMI_NON_INTERACTIVE": "true"}
