"""The interface of assistants: they take a conversation, stream an answer, and may change todos on the way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from app.assistant.todo_tools import TodoTools


class AssistantError(RuntimeError):
    """The language model does not answer, or its answer is invalid."""


class AssistantTimeoutError(AssistantError):
    """The language model or the whole answer takes too long."""


@dataclass(frozen=True)
class Turn:
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    content: str


class Assistant(Protocol):
    """Answers the last turn, which is the user's question."""

    def answer(self, turns: Sequence[Turn], todo_tools: TodoTools) -> AsyncGenerator[str]:
        """Yield the answer's text in pieces; when closed or cancelled, stop all work.

        Raises:
            AssistantError: the language model does not answer.
            BackendUnavailableError: the todos cannot be reached.
            BackendRefusedError: the backend refuses a change, or the todo is gone.
            NotSignedInError: the user's session has ended.
        """
        ...

    async def close(self) -> None:
        """Close open connections."""
