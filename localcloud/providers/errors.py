"""What a provider reports to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ProviderError(RuntimeError):
    """An operation failed; the text is the user's to read."""


class InitializationError(ProviderError):
    """A resource was created, or updated, and did not become ready.

    The engine keeps it in the state as such, so that the next update or `destroy` finds it.

    Args:
        identity: the resource's id.
        outputs: what is known of it.
        inputs: of a resource that was read, as in `Resource`.
    """

    def __init__(
        self, reason: str, identity: str, outputs: Mapping[str, Any], inputs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.identity = identity
        self.outputs = dict(outputs)
        self.inputs = dict(inputs or {})
