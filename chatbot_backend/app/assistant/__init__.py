"""The language model as a port: a conversation in, an answer in pieces out, todos changed on the way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from app.assistant.abilities import Abilities


class AssistantError(RuntimeError):
    """The language model does not answer, or not as agreed."""


class AssistantTimeoutError(AssistantError):
    """The language model, or the whole answer, takes longer than it may."""


@dataclass(frozen=True)
class Turn:
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    content: str


class Assistant(Protocol):
    """Answers the last turn, which is the user's."""

    def answer(self, turns: Sequence[Turn], abilities: Abilities) -> AsyncGenerator[str]:
        """The answer, in pieces that together are the whole text; closed or cancelled, it does nothing more.

        Raises:
            AssistantError: see there.
            BackendUnavailableError: the todos cannot be reached.
            BackendRefusedError: the backend refuses a change, or the todo is gone.
            NotSignedInError: the user's session has ended.
        """
        ...

    async def close(self) -> None:
        """Let go of what is open."""
