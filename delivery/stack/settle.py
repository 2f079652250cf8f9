"""Settling what a killed update left pending, before the next update of the stack.

Nothing is ever deleted. What was being updated or deleted is read from the cloud by `pulumi refresh`, and the next
update continues there. A creation is dropped from the state only where creating it again is safe; where something
may exist in the cloud that no state knows, a person has to look for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from delivery.outcome import RefusedError
from delivery.stack.pending import CREATING, PendingOperation
from delivery.stack.pulumi_stack import PulumiStack


def settle(stack: PulumiStack, say: Callable[[str], None]) -> None:
    """Clear the stack's pending operations, and report each.

    Raises:
        RefusedError: a resource may exist that the state does not have; the text has the commands. Nothing was
            changed.
        LockedError, PulumiError: as for `PulumiStack.refresh`.
    """
    operations = stack.pending()
    if not operations:
        return
    if lost := [operation for operation in operations if operation.may_be_lost]:
        raise RefusedError(_instructions(stack.name, lost))
    stack.refresh(clear_creates=any(operation.kind == CREATING for operation in operations))
    for operation in operations:
        say(f"{stack.name}: cleared a pending operation of an update that was killed: {operation}")


def _instructions(name: str, lost: Sequence[PendingOperation]) -> str:
    urns = "\n".join(f"  {operation.urn}" for operation in lost)
    return (
        f"an update of {name} was killed while it created\n{urns}\n"
        "and the cloud may have it. Nothing was changed.\n"
        "Look for it (`doctl … list`). If it exists, it is new and empty:\n"
        "delete it. Then clear the record and deploy again:\n"
        f"  pulumi refresh --stack {name} --clear-pending-creates\n"
        "docs/runbook.md, 'Killed update'"
    )
