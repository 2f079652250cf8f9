"""Conversations and their messages. There is no list of them: who knows an id may read what it names."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import and_, or_, select

from app.assistant.abilities import Abilities
from app.journal import Journal
from app.models import KEY_LENGTH, Conversation, Message
from app.questions import Question, not_found
from chassis.rate_limit import client_of
from app.views import ConversationSummary, ConversationView, MessageView, NewMessage, Reading
from chassis.database import SessionDep
from chassis.problems import documented

router = APIRouter(prefix="/conversations", tags=["conversations"])
NAMED = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
LIMITED = documented(HTTPStatus.TOO_MANY_REQUESTS)
ASKED = documented(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, *NAMED) | LIMITED
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


async def _refuse_beyond_limit(request: Request, *counted: str) -> None:
    seconds = await request.app.state.rate_limit.wait(client_of(request), *counted)
    if seconds:
        request.app.state.limited.inc()
        raise HTTPException(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"that is more than {request.app.state.settings.chat_limit}; try again in {seconds} s",
            {"Retry-After": str(seconds)},
        )


async def _within_limit(request: Request) -> None:
    await _refuse_beyond_limit(request)


async def _within_limit_of_conversations(request: Request) -> None:
    await _refuse_beyond_limit(request, "conversations")


@router.post(
    "", status_code=HTTPStatus.CREATED, dependencies=[Depends(_within_limit_of_conversations)], responses=LIMITED
)
async def create_conversation(session: SessionDep, response: Response) -> ConversationSummary:
    conversation = Conversation()
    session.add(conversation)
    await session.commit()
    # Relative to the request's own path: only the client knows what a proxy removed from that (`/chat`).
    response.headers["Location"] = f"conversations/{conversation.id}"
    return ConversationSummary.model_validate(conversation)


@router.get("/{conversation_id}", responses=documented(*NAMED))
async def read_conversation(
    conversation_id: uuid.UUID, reading: Annotated[Reading, Query()], session: SessionDep
) -> ConversationView:
    """The last messages, oldest first; those before them by `before`, which `earlier` gives."""
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None:
        raise not_found(conversation_id)
    wanted = select(Message).where(Message.conversation_id == conversation_id)
    if reading.before:
        first = await session.scalar(wanted.where(Message.id == reading.before))
        if first is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"the conversation has no message {reading.before}")
        same = and_(Message.created_at == first.created_at, Message.id < first.id)
        wanted = wanted.where(or_(Message.created_at < first.created_at, same))
    order = (Message.created_at.desc(), Message.id.desc())
    found = list(await session.scalars(wanted.order_by(*order).limit(reading.limit + 1)))
    page = [MessageView.model_validate(each) for each in reversed(found[: reading.limit])]
    earlier = page[0].id if len(found) > reading.limit else None
    return ConversationView(id=conversation.id, created_at=conversation.created_at, messages=page, earlier=earlier)


@router.delete("/{conversation_id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(*NAMED))
async def delete_conversation(conversation_id: uuid.UUID, session: SessionDep) -> None:
    conversation = await session.get(Conversation, conversation_id, with_for_update=True)
    if conversation is None:
        raise not_found(conversation_id)
    await session.delete(conversation)
    await session.commit()


async def _asked(conversation_id: uuid.UUID, new: NewMessage, request: Request, key: Key = None) -> Question:
    """The question, which is kept from here on: what is wrong with it is answered before the stream begins."""
    question: Question = await request.app.state.questions.ask(conversation_id, new.content, key)
    return question


@router.post(
    "/{conversation_id}/messages",
    response_class=EventSourceResponse,
    dependencies=[Depends(_within_limit)],
    responses=ASKED,
)
async def ask(
    conversation_id: uuid.UUID, question: Annotated[Question, Depends(_asked)], new: NewMessage, request: Request
) -> AsyncIterator[ServerSentEvent]:
    """Ask, and read the answer as it is made: see Answering.stream for its events."""
    state = request.app.state
    journal = Journal(state.database, conversation_id)
    abilities = Abilities(state.todos, state.index, journal, ZoneInfo(new.time_zone), question.id)
    async for event in state.answering.stream(question, abilities):
        yield event
