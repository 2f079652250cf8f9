"""An answer, as it is made: for as long as somebody reads it, and no longer than it may take."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.sse import ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError

from app.assistant import Assistant, AssistantError, AssistantTimeoutError, Turn
from app.assistant.abilities import Abilities
from app.models import Message
from app.todos import TodoRefusedError, TodosUnavailableError
from app.views import MessageView
from chassis.database import Database
from chassis.problems import problem_body


class Answering:
    """Makes answers, each of which takes at most `seconds`."""

    def __init__(self, assistant: Assistant, database: Database, seconds: float) -> None:
        self._assistant = assistant
        self._database = database
        self._seconds = seconds
        self._keeping: set[asyncio.Task[MessageView]] = set()

    async def close(self) -> None:
        """Wait for what is being kept."""
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def stream(
        self, conversation: uuid.UUID, turns: Sequence[Turn], abilities: Abilities
    ) -> AsyncIterator[ServerSentEvent]:
        """The answer's events: `token`s, `todos` when some changed, and `done`; or `error` at any point.

        When its reader leaves, this is cancelled where it waits, and with it the model's call or the change of a todo
        that it waits for; what was said until then is kept, as unfinished.
        """
        said: list[str] = []
        kept: asyncio.Task[MessageView] | None = None
        try:
            async for piece in self._pieces(turns, abilities):
                said.append(piece)
                yield _event("token", {"text": piece})
            kept = self._keep(conversation, "".join(said), finished=True)
            message = await asyncio.shield(kept)
            for event in _changes(abilities):
                yield event
            yield _event("done", {"message": message.model_dump(mode="json")})
        except (asyncio.CancelledError, GeneratorExit):
            if said and kept is None:  # in a task of its own: nothing can be waited for here any more
                self._keep(conversation, "".join(said), finished=False)
            raise
        except Exception as error:  # noqa: BLE001 - the stream has begun: this is the last place to tell of it
            status, detail = _reason(error)
            await structlog.get_logger().aerror("no answer", reason=repr(error), status=int(status))
            for event in _changes(abilities):  # what was done before it went wrong is done
                yield event
            yield _event("error", problem_body(status, detail))

    async def _pieces(self, turns: Sequence[Turn], abilities: Abilities) -> AsyncIterator[str]:
        """The answer's pieces.

        Raises:
            AssistantTimeoutError: it is not complete in time.
        """
        deadline = asyncio.get_running_loop().time() + self._seconds
        async with aclosing(self._assistant.answer(turns, abilities)) as pieces:
            while True:
                timeout = asyncio.timeout_at(deadline)
                try:
                    async with timeout:
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    return
                except TimeoutError as error:
                    if timeout.expired():
                        raise AssistantTimeoutError("the answer takes too long") from error
                    raise
                yield piece

    def _keep(self, conversation: uuid.UUID, text: str, *, finished: bool) -> asyncio.Task[MessageView]:
        """Keep what was said; begun here, and finished whether or not somebody waits for it."""
        task = asyncio.create_task(self._write(conversation, text, finished=finished))
        self._keeping.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[MessageView]) -> None:
        self._keeping.discard(task)
        if not task.cancelled() and (error := task.exception()):
            structlog.get_logger().error("an answer is not kept", reason=repr(error))

    async def _write(self, conversation: uuid.UUID, text: str, *, finished: bool) -> MessageView:
        async with self._database.sessions() as session:
            message = Message(conversation_id=conversation, role="assistant", content=text, finished=finished)
            session.add(message)
            await session.commit()
            return MessageView.model_validate(message)


def _changes(abilities: Abilities) -> list[ServerSentEvent]:
    """The event that names the todos changed since it was sent last, if any were."""
    changed = [str(identity) for identity in abilities.changed]
    abilities.changed.clear()
    return [_event("todos", {"changed": changed})] if changed else []


def _reason(error: Exception) -> tuple[HTTPStatus, str]:
    """The status of an error, and what its reader is told of it."""
    match error:
        case TodosUnavailableError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "the todos cannot be reached just now"
        case TodoRefusedError(is_missing=True):
            return HTTPStatus.NOT_FOUND, "that todo is not there any more"
        case TodoRefusedError():
            return HTTPStatus.UNPROCESSABLE_ENTITY, str(error)
        case AssistantError():
            late = isinstance(error, AssistantTimeoutError)
            return HTTPStatus.GATEWAY_TIMEOUT if late else HTTPStatus.BAD_GATEWAY, str(error)
        case SQLAlchemyError() | OSError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "the conversation cannot be kept just now"
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong"


def _event(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=data)
