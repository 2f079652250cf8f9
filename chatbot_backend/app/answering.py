"""An answer on its way: made to its end and kept, whether or not its reader stays."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.sse import ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError

from app.assistant import Assistant, AssistantError, Turn
from app.assistant.abilities import Abilities
from app.models import Message
from app.todos import TodosUnavailableError
from app.views import MessageView
from chassis.database import Database
from chassis.problems import problem_body

END = None


class Answering:
    """The answers being made in this process."""

    def __init__(self, assistant: Assistant, database: Database) -> None:
        self._assistant = assistant
        self._database = database
        self._running: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Wait for the answers that are being made."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def stream(
        self, conversation: uuid.UUID, turns: Sequence[Turn], abilities: Abilities
    ) -> AsyncIterator[ServerSentEvent]:
        """The answer's events: `token`s, `todos` when some changed, and `done`; or `error` at any point."""
        events: asyncio.Queue[ServerSentEvent | None] = asyncio.Queue()
        # A task of its own: a reader who leaves takes the stream along, not the answer.
        task = asyncio.create_task(self._make(conversation, turns, abilities, events))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        while (event := await events.get()) is not END:
            yield event

    async def _make(
        self,
        conversation: uuid.UUID,
        turns: Sequence[Turn],
        abilities: Abilities,
        events: asyncio.Queue[ServerSentEvent | None],
    ) -> None:
        try:
            text = ""
            async for piece in self._assistant.answer(turns, abilities):
                text += piece
                events.put_nowait(_event("token", {"text": piece}))
            message = await self._keep(conversation, text)
            self._tell_changes(abilities, events)
            events.put_nowait(_event("done", {"message": message.model_dump(mode="json")}))
        except TodosUnavailableError as error:
            await self._failed(events, HTTPStatus.SERVICE_UNAVAILABLE, "the todos cannot be reached just now", error)
        except AssistantError as error:
            await self._failed(events, HTTPStatus.BAD_GATEWAY, str(error), error)
        except (SQLAlchemyError, OSError) as error:
            detail = "the conversation cannot be kept just now"
            await self._failed(events, HTTPStatus.SERVICE_UNAVAILABLE, detail, error)
        except Exception as error:  # noqa: BLE001 - the stream has begun: this is the last place to tell of it
            await self._failed(events, HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong", error)
        finally:
            self._tell_changes(abilities, events)  # what was done before it went wrong is done
            events.put_nowait(END)

    def _tell_changes(self, abilities: Abilities, events: asyncio.Queue[ServerSentEvent | None]) -> None:
        if abilities.changed:
            events.put_nowait(_event("todos", {"changed": [str(identity) for identity in abilities.changed]}))
            abilities.changed.clear()

    async def _keep(self, conversation: uuid.UUID, text: str) -> MessageView:
        async with self._database.sessions() as session:
            message = Message(conversation_id=conversation, role="assistant", content=text)
            session.add(message)
            await session.commit()
            return MessageView.model_validate(message)

    async def _failed(
        self, events: asyncio.Queue[ServerSentEvent | None], status: HTTPStatus, detail: str, error: Exception
    ) -> None:
        await structlog.get_logger().aerror("no answer", reason=repr(error), status=int(status))
        events.put_nowait(_event("error", problem_body(status, detail)))


def _event(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=data)
