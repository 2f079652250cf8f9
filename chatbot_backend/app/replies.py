"""An answer, as it is made: for as long as somebody reads it, and no longer than it may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.sse import ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError

from app.assistant import Assistant, AssistantError, AssistantTimeoutError, Turn
from app.assistant.abilities import Abilities
from app.backend import BackendRefusedError, BackendUnavailableError, NotSignedInError
from app.questions import Question, Questions
from app.users import SIGN_IN
from app.views import MessageView
from chassis.problems import problem_body

Keeping = asyncio.Task[MessageView | None]


class Replies:
    """Makes answers, each of which takes at most `seconds`."""

    def __init__(self, assistant: Assistant, questions: Questions, seconds: float) -> None:
        self._assistant = assistant
        self._questions = questions
        self._seconds = seconds
        self._keeping: set[Keeping] = set()

    async def close(self) -> None:
        """Wait for what is being kept."""
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def stream(self, question: Question, abilities: Abilities) -> AsyncIterator[ServerSentEvent]:
        """The answer's events: `token`s, `todos` when some changed, and `done`; or `error` at any point.

        When its reader leaves, this is cancelled where it waits, and with it the model's call or the change of a todo
        that it waits for; what was said until then is kept, as unfinished.
        """
        if question.answer:
            for event in _repeat(question.answer):
                yield event
            return
        said: list[str] = []
        kept: Keeping | None = None
        try:
            async for piece in self._pieces(question.turns, abilities):
                said.append(piece)
                yield _event("token", {"text": piece})
            kept = self._keep(question, said, finished=True)
            message = await asyncio.shield(kept)
            for event in _changes(abilities):
                yield event
            yield _event("done", {"message": message.model_dump(mode="json") if message else None})
        except (asyncio.CancelledError, GeneratorExit):
            if kept is None:  # in a task of its own: nothing can be waited for here any more
                self._keep(question, said, finished=False)
            raise
        except Exception as error:  # noqa: BLE001 - the stream has begun: this is the last place to tell of it
            if kept is None:
                await asyncio.wait([self._keep(question, said, finished=False)])
            status, detail = _reason(error)
            await structlog.get_logger().aerror("no answer", reason=repr(error), status=int(status))
            for event in _changes(abilities):  # what was done before it went wrong is done
                yield event
            yield _event("error", problem_body(status, detail))

    async def _pieces(self, turns: Sequence[Turn], abilities: Abilities) -> AsyncIterator[str]:
        """The answer's pieces.

        Raises:
            AssistantTimeoutError: it is not complete in time.
            AssistantError: there are none.
        """
        deadline, empty = asyncio.get_running_loop().time() + self._seconds, True
        async with aclosing(self._assistant.answer(turns, abilities)) as pieces:
            while True:
                timeout = asyncio.timeout_at(deadline)
                try:
                    async with timeout:
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    break
                except TimeoutError as error:
                    if timeout.expired():
                        raise AssistantTimeoutError("the answer takes too long") from error
                    raise
                empty = empty and not piece
                yield piece
        if empty:
            raise AssistantError("the language model says nothing")

    def _keep(self, question: Question, said: Sequence[str], *, finished: bool) -> Keeping:
        """Keep what was said; begun here, and finished whether or not somebody waits for it."""
        task = asyncio.create_task(self._questions.answer(question, "".join(said), finished=finished))
        self._keeping.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: Keeping) -> None:
        self._keeping.discard(task)
        if not task.cancelled() and (error := task.exception()):
            structlog.get_logger().error("an answer is not kept", reason=repr(error))


def _repeat(message: MessageView) -> list[ServerSentEvent]:
    """An answer that was made before; what it changed is named no more, and may be news to whoever asks again."""
    done = _event("done", {"message": message.model_dump(mode="json")})
    return [_event("token", {"text": message.content}), _event("todos", {"changed": []}), done]


def _changes(abilities: Abilities) -> list[ServerSentEvent]:
    """The event that names the todos changed since it was sent last, if any were."""
    changed = [str(identity) for identity in abilities.changed]
    abilities.changed.clear()
    return [_event("todos", {"changed": changed})] if changed else []


def _reason(error: Exception) -> tuple[HTTPStatus, str]:
    """The status of an error, and the message for its reader."""
    match error:
        case BackendUnavailableError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "the todos cannot be reached just now"
        case NotSignedInError():
            return HTTPStatus.UNAUTHORIZED, SIGN_IN
        case BackendRefusedError():
            gone = HTTPStatus.NOT_FOUND, "that todo is not there any more"
            return gone if error.is_missing else (HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        case AssistantError():
            late = isinstance(error, AssistantTimeoutError)
            return HTTPStatus.GATEWAY_TIMEOUT if late else HTTPStatus.BAD_GATEWAY, str(error)
        case SQLAlchemyError() | OSError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "the conversation cannot be kept just now"
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong"


def _event(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=data)
