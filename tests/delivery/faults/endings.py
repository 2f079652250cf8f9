"""How a command may end, whatever went wrong around it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slipway import failures
from tests.slipway.command_line import commands

DECLARED = {words: command.callback.declaration.statuses for words, command in commands()}
LONGEST = failures.LONGEST + 500  # characters of an error, and its last line
TRACES = re.compile(r"Traceback|unexpected \w+: ")  # what `slipway.failures` prints of an error that nobody expected
PASSED_ON = re.compile(
    r"(?m)^error: could not (?:read|save) the state: .*\n?"
)  # Pulumi's own words: faulty_pulumi.py


@dataclass(frozen=True)
class Ending:
    """Of one run of a command.

    Attributes:
        words: of the command line.
    """

    words: tuple[str, ...]
    status: int
    out: str
    err: str

    def problems(self):
        """What is wrong with it, as sentences; none when it is as its declaration says."""
        errors = re.findall(r"(?m)^error: .*(?:\n(?!error: ).*)*", PASSED_ON.sub("", self.err))
        found = []
        if self.status not in DECLARED[self.words[:2]]:
            found.append(f"status {self.status} is not declared")
        if match := TRACES.search(self.out + self.err):
            found.append(f"{match[0]!r} is no sentence: {self._around(match)}")
        if self.status == 0 and errors:
            found.append(f"status 0 with an error: {errors[0]}")
        if self.status != 0 and len(errors) > 1:
            found.append(f"{len(errors)} errors: {errors}")
        if self.status != 0 and not errors and not self.out.strip():
            found.append(f"status {self.status} without a word")
        if errors and len(errors[0]) > LONGEST:
            found.append(f"an error of {len(errors[0])} characters: {errors[0][:200]}…")
        return found

    def _around(self, match):
        text = self.out + self.err
        return " ".join(text[max(0, match.start() - 80) : match.end() + 160].split())


def find_problems(endings):
    """Every way in which a run ended as its declaration does not say, once, with an input that leads to it.

    Args:
        endings: an input and the `Ending` of the run that got it, each.
    """
    found = {}
    for text, ending in endings:
        for problem in ending.problems():
            found.setdefault(problem[:110], f"{problem}  <- {' '.join(ending.words[:3])} <- {text[:160]!r}")
    return "\n".join(found.values())
