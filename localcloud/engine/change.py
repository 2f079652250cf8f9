"""What the engine did, or in a preview would do, to one resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """Pulumi's own words and signs for it."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SAME = "same"
    READ = "read"

    @property
    def sign(self) -> str:
        return {"create": "+", "update": "~", "delete": "-", "same": " ", "read": ">"}[self.value]


@dataclass(frozen=True)
class Outcome:
    """A resource after it was made: Pulumi's id, its outputs in camel case, and what changed."""

    id: str
    outputs: dict[str, object]
    change: Change


class EngineError(RuntimeError):
    """A resource could not be made; the text says which and why."""
