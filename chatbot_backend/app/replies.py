"""Stream answers while somebody reads them, within a time limit."""

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
from app.assistant.todo_tools import TodoTools
from app.backend import BackendRefusedError, BackendUnavailableError, NotSignedInError
from app.questions import Question, Questions
from app.users import SIGN_IN
from app.views import MessageView
from chassis.problems import problem_body

SaveTask = asyncio.Task[MessageView | None]


class Replies:
    """Streams answers, each of which takes at most `seconds`."""

    def __init__(self, assistant: Assistant, questions: Questions, seconds: float) -> None:
        self._assistant = assistant
        self._questions = questions
        self._seconds = seconds
        self._save_tasks: set[SaveTask] = set()

    async def close(self) -> None:
        """Wait until all answers are saved."""
        await asyncio.gather(*self._save_tasks, return_exceptions=True)

    async def stream(self, question: Question, todo_tools: TodoTools) -> AsyncIterator[ServerSentEvent]:
        """Yield the answer's events: `token`s, `todos` if some changed, and `done`; or `error` at any point.

        When the reader disconnects, this is cancelled, and with it the call of the model or the change of a todo that
        it waits for. The text until then is saved as an unfinished answer.
        """
        if question.answer:
            for event in _repeat_answer(question.answer):
                yield event
            return
        pieces: list[str] = []
        save_task: SaveTask | None = None
        try:
            async for piece in self._read_pieces(question.turns, todo_tools):
                pieces.append(piece)
                yield _new_event("token", {"text": piece})
            save_task = self._save(question, pieces, finished=True)
            message = await asyncio.shield(save_task)
            for event in _take_changes(todo_tools):
                yield event
            yield _new_event("done", {"message": message.model_dump(mode="json") if message else None})
        except (asyncio.CancelledError, GeneratorExit):
            if save_task is None:  # in a separate task, as nothing can be awaited here any more
                self._save(question, pieces, finished=False)
            raise
        except Exception as error:  # noqa: BLE001 - the stream has begun: nothing above can answer an error
            if save_task is None:
                await asyncio.wait([self._save(question, pieces, finished=False)])
            status, detail = _describe_error(error)
            await structlog.get_logger().aerror("no answer", reason=repr(error), status=int(status))
            for event in _take_changes(todo_tools):  # changes before the error are done
                yield event
            yield _new_event("error", problem_body(status, detail))

    async def _read_pieces(self, turns: Sequence[Turn], todo_tools: TodoTools) -> AsyncIterator[str]:
        """Yield the assistant's answer in pieces.

        Raises:
            AssistantTimeoutError: the answer takes too long.
            AssistantError: the answer is empty.
        """
        deadline, empty = asyncio.get_running_loop().time() + self._seconds, True
        async with aclosing(self._assistant.answer(turns, todo_tools)) as pieces:
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

    def _save(self, question: Question, pieces: Sequence[str], *, finished: bool) -> SaveTask:
        """Start a task that saves an answer, and finishes even if nobody waits for it."""
        task = asyncio.create_task(self._questions.answer(question, "".join(pieces), finished=finished))
        self._save_tasks.add(task)
        task.add_done_callback(self._finish_save)
        return task

    def _finish_save(self, task: SaveTask) -> None:
        self._save_tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            structlog.get_logger().error("an answer is not kept", reason=repr(error))


def _repeat_answer(message: MessageView) -> list[ServerSentEvent]:
    """The events of a stored answer. The todos it changed are unknown by now, so the client reads all again."""
    done_event = _new_event("done", {"message": message.model_dump(mode="json")})
    return [_new_event("token", {"text": message.content}), _new_event("todos", {"changed": []}), done_event]


def _take_changes(todo_tools: TodoTools) -> list[ServerSentEvent]:
    """The event with the todos changed since the last such event, if there are any; clears their list."""
    changed = [str(identity) for identity in todo_tools.changed_ids]
    todo_tools.changed_ids.clear()
    return [_new_event("todos", {"changed": changed})] if changed else []


def _describe_error(error: Exception) -> tuple[HTTPStatus, str]:
    """The status and the message of an error for the client."""
    match error:
        case BackendUnavailableError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "the todos cannot be reached just now"
        case NotSignedInError():
            return HTTPStatus.UNAUTHORIZED, SIGN_IN
        case BackendRefusedError():
            missing = HTTPStatus.NOT_FOUND, "that todo is not there any more"
            return missing if error.is_missing else (HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        case AssistantError():
            is_timeout = isinstance(error, AssistantTimeoutError)
            return HTTPStatus.GATEWAY_TIMEOUT if is_timeout else HTTPStatus.BAD_GATEWAY, str(error)
        case SQLAlchemyError() | OSError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "the conversation cannot be kept just now"
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong"


def _new_event(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=data)
