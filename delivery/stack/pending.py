"""Operations that a killed update began and whose end the stack's state does not have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from delivery.stack.state import Operation

CREATING = "creating"
# Creating one of these again cannot make a second one: its name is unique in its cluster or registry, and the
# provider takes over the one that exists. Of everything else, a second one may cost money and be forgotten.
REPEATABLE = ("kubernetes:", "docker:", "pulumi:providers:")


@dataclass(frozen=True)
class PendingOperation:
    """One of the state's `pending_operations`.

    Attributes:
        kind: `creating`, `updating`, `deleting`, `reading` or `importing`.
        custom: whether a provider manages the resource; a component exists in the state only.
    """

    kind: str
    urn: str
    type: str
    custom: bool

    @property
    def may_be_lost(self) -> bool:
        """Whether something may exist in the cloud that no state knows."""
        return self.kind == CREATING and self.custom and not self.type.startswith(REPEATABLE)

    def __str__(self) -> str:
        return f"{self.kind} {self.urn}"


def list_operations(operations: Iterable[Operation]) -> list[PendingOperation]:
    """The pending operations of a stack's state."""
    return [
        PendingOperation(
            kind=operation.type,
            urn=operation.resource.urn,
            type=operation.resource.type,
            custom=operation.resource.custom,
        )
        for operation in operations
    ]
