"""The command that frees a stack from a lock."""

from __future__ import annotations

from delivery.commands.target import Target
from delivery.github import workflow_run
from delivery.outcome import Report, Status
from delivery.stack.unstick import unstick


def free_stack(target: Target, *, apply: bool) -> Report:
    """Say who holds a stack, and free it when that may be."""
    notes: list[str] = []

    def say(line: str) -> None:
        notes.append(line)
        print(line)

    free = unstick(target.stack, target.find_working_runs(), workflow_run.run_id(), apply=apply, say=say)
    return Report(Status.OK if free else Status.FAILED, {"stack": target.stack.name, "free": free, "notes": notes})
