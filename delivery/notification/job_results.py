"""How a workflow ended, by the results and the outputs of its jobs: `toJSON(needs)`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError

from delivery.notification.message import Status
from delivery.outcome import MissingError

MOST_TEXT = 200  # characters of what is not understood that are shown
# What the worst of several jobs is, worst first. A workflow in which one job released something was a success,
# although another one had nothing to do.
ORDER: tuple[Status, ...] = ("failure", "rolled-back", "cancelled", "held")
EXPLANATIONS: dict[Status, str] = {
    "rolled-back": "the release failed, and the last good one runs again",
    "held": "nothing was deployed: the stack is held",
    "skipped": "nothing to deploy: a newer release runs",
}


class JobResult(BaseModel):
    """How one job ended.

    Attributes:
        outputs: of the job; `released`, `rolled-back` and `held` are `true` or `false` where they are set, and
            `behaviour` says how the release answered.
    """

    result: Literal["success", "failure", "cancelled", "skipped"]
    outputs: dict[str, Any] | None = None

    @property
    def status(self) -> Status | None:
        """What became of the job; None where it did not run at all."""
        if self.result == "skipped":
            return None
        if self._has("rolled-back", "true"):
            return "rolled-back"
        if self.result != "success":
            return self.result
        if self._has("held", "true"):
            return "held"
        return "skipped" if self._has("released", "false") else "success"

    @property
    def behaviour(self) -> str:
        """How the release answered its requests; empty where it was not judged."""
        return str((self.outputs or {}).get("behaviour") or "")

    @property
    def released(self) -> bool:
        """Whether it says that it deployed something."""
        return self.status == "success" and self._has("released", "true")

    def _has(self, name: str, value: str) -> bool:
        return str((self.outputs or {}).get(name)).lower() == value


@dataclass(frozen=True)
class Ending:
    """How the whole workflow ended.

    Attributes:
        lines: what a job's outputs say beside its result, a sentence each.
    """

    status: Status
    lines: tuple[str, ...]


def read_ending(results: str) -> Ending:
    """How a workflow ended.

    Args:
        results: what `toJSON(needs)` gives.

    Raises:
        MissingError: it is something else.
    """
    try:
        jobs = TypeAdapter(dict[str, JobResult]).validate_json(results)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"])) or "it"
        raise MissingError(
            f"--results is not toJSON(needs): {place}: {problem['msg']}; it is {results[:MOST_TEXT]!r}"
        ) from None
    found = {name: job.status for name, job in jobs.items()}
    lines = [f"{name}: {EXPLANATIONS[status]}" for name, status in found.items() if status in EXPLANATIONS]
    lines += [f"{name}: {job.behaviour}" for name, job in jobs.items() if job.behaviour]
    return Ending(_worst(found.values(), released=any(job.released for job in jobs.values())), tuple(lines))


def _worst(statuses: Iterable[Status | None], *, released: bool) -> Status:
    found = {status for status in statuses if status}
    worst = next((status for status in ORDER if status in found), None)
    if worst:
        return worst
    return "success" if "success" in found and (released or "skipped" not in found) else "skipped"
