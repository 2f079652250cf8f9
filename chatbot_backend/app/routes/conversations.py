"""The signed-in user's conversations and their messages; there is no route that lists conversations."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import and_, or_, select

from app.assistant.todo_tools import TodoTools
from app.conversations import find_conversation, make_conversation, remove_conversation
from app.journal import Journal
from app.limit import refuse_beyond_limit
from app.models import KEY_LENGTH, Message
from app.questions import Question
from app.todo_index import TodoIndex
from app.todos import Todos
from app.users import UserDep
from app.views import ConversationSummary, ConversationView, MessageQuery, MessageView, NewMessage
from chassis.database import SessionDep
from chassis.problems import problem_responses

COMMON_RESPONSES = problem_responses(HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)
router = APIRouter(prefix="/conversations", tags=["conversations"], responses=COMMON_RESPONSES)
CONVERSATION_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
QUESTION_RESPONSES = problem_responses(
    HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, *CONVERSATION_STATUSES
)
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_LENGTH,
        pattern=r"^[!-~]+$",
        description="Of this question, such as a UUID: sent again with it, the question is still one.",
    ),
]


async def _check_limit(request: Request, user: UserDep) -> None:
    await refuse_beyond_limit(request, str(user.id))


async def _check_conversation_limit(request: Request, user: UserDep) -> None:
    await refuse_beyond_limit(request, str(user.id), "conversations")


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[Depends(_check_conversation_limit)])
async def create_conversation(user: UserDep, session: SessionDep, response: Response) -> ConversationSummary:
    """A new conversation; of the user's others, those used longest ago go when there are too many."""
    conversation = await make_conversation(session, user.id)
    await session.commit()
    # Relative to the request's path: only the client knows the prefix that a proxy removed (`/chat`).
    response.headers["Location"] = f"conversations/{conversation.id}"
    return ConversationSummary.model_validate(conversation)


@router.get("/{conversation_id}", responses=problem_responses(*CONVERSATION_STATUSES))
async def read_conversation(
    conversation_id: uuid.UUID, page_query: Annotated[MessageQuery, Query()], user: UserDep, session: SessionDep
) -> ConversationView:
    """The last messages, oldest first; those before them by `before`, which `earlier` gives."""
    conversation = await find_conversation(session, user.id, conversation_id)
    query = select(Message).where(Message.conversation_id == conversation_id)
    if page_query.before:
        next_message = await session.scalar(query.where(Message.id == page_query.before))
        if next_message is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"the conversation has no message {page_query.before}")
        is_same_moment = and_(Message.created_at == next_message.created_at, Message.id < next_message.id)
        query = query.where(or_(Message.created_at < next_message.created_at, is_same_moment))
    order = (Message.created_at.desc(), Message.id.desc())
    messages = list(await session.scalars(query.order_by(*order).limit(page_query.limit + 1)))
    page = [MessageView.model_validate(each) for each in reversed(messages[: page_query.limit])]
    earlier = page[0].id if len(messages) > page_query.limit else None
    return ConversationView(id=conversation.id, created_at=conversation.created_at, messages=page, earlier=earlier)


@router.delete(
    "/{conversation_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(*CONVERSATION_STATUSES)
)
async def delete_conversation(conversation_id: uuid.UUID, user: UserDep, session: SessionDep) -> None:
    await remove_conversation(session, user.id, conversation_id)
    await session.commit()


async def _keep_question(
    conversation_id: uuid.UUID, new: NewMessage, user: UserDep, request: Request, key: Key = None
) -> Question:
    """Store the question in a dependency, so that its errors are answered before the stream begins."""
    question: Question = await request.app.state.questions.ask(user.id, conversation_id, new.content, key)
    return question


@router.post(
    "/{conversation_id}/messages",
    response_class=EventSourceResponse,
    dependencies=[Depends(_check_limit)],
    responses=QUESTION_RESPONSES,
)
async def ask(
    question: Annotated[Question, Depends(_keep_question)], new: NewMessage, user: UserDep, request: Request
) -> AsyncIterator[ServerSentEvent]:
    """Ask, and read the answer as it is made: see Replies.stream for its events."""
    state = request.app.state
    todos = Todos(state.backend, user.token)
    index = TodoIndex(state.vectors, todos, user.id, state.settings.index_seconds)
    journal = Journal(state.database, question.conversation_id)
    todo_tools = TodoTools(todos, index, journal, ZoneInfo(new.time_zone), question.id)
    async for event in state.replies.stream(question, todo_tools):
        yield event
