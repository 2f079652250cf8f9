"""Conversations and their messages. There is no list of them: who knows an id may read what it names."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.assistant import Turn
from app.assistant.abilities import Abilities
from app.models import Conversation, Message
from app.views import ConversationSummary, ConversationView, NewMessage
from chassis.database import SessionDep
from chassis.problems import documented

router = APIRouter(prefix="/conversations", tags=["conversations"])
NAMED = documented(HTTPStatus.NOT_FOUND)
REMEMBERED = 20  # messages that an assistant is told of: enough for “the second one”, and a bounded bill


@router.post("", status_code=HTTPStatus.CREATED)
async def create_conversation(session: SessionDep, response: Response) -> ConversationSummary:
    conversation = Conversation()
    session.add(conversation)
    await session.commit()
    # Relative to the request's own path: only the client knows what a proxy removed from that (`/chat`).
    response.headers["Location"] = f"conversations/{conversation.id}"
    return ConversationSummary.model_validate(conversation)


@router.get("/{conversation_id}", responses=NAMED)
async def read_conversation(conversation_id: uuid.UUID, session: SessionDep) -> ConversationView:
    wanted = (
        select(Conversation).where(Conversation.id == conversation_id).options(selectinload(Conversation.messages))
    )
    conversation = await session.scalar(wanted)
    if conversation is None:
        raise _not_found(conversation_id)
    return ConversationView.model_validate(conversation)


@router.delete("/{conversation_id}", status_code=HTTPStatus.NO_CONTENT, responses=NAMED)
async def delete_conversation(conversation_id: uuid.UUID, session: SessionDep) -> None:
    conversation = await session.get(Conversation, conversation_id, with_for_update=True)
    if conversation is None:
        raise _not_found(conversation_id)
    await session.delete(conversation)
    await session.commit()


async def _within_limit(request: Request) -> None:
    """One client's share: by its address, see `chassis.application.PROXIES`."""
    seconds = await request.app.state.rate_limit.wait(request.client.host if request.client else "unknown")
    if seconds:
        request.app.state.limited.inc()
        raise HTTPException(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"that is more than {request.app.state.settings.chat_limit}; try again in {seconds} s",
            {"Retry-After": str(seconds)},
        )


async def _asked(conversation_id: uuid.UUID, new: NewMessage, request: Request) -> list[Turn]:
    """The conversation with the new question, which is kept from here on."""
    # A session of its own: a request's is open, in a transaction, for as long as the answer streams.
    async with request.app.state.database.sessions() as session:
        # Locked against its removal, and not against other questions.
        lock = {"read": True, "key_share": True}
        if await session.get(Conversation, conversation_id, with_for_update=lock) is None:
            raise _not_found(conversation_id)
        session.add(Message(conversation_id=conversation_id, role="user", content=new.content))
        await session.commit()
        wanted = select(Message).where(Message.conversation_id == conversation_id)
        last = await session.scalars(wanted.order_by(Message.created_at.desc()).limit(REMEMBERED))
        return [Turn("user" if each.role == "user" else "assistant", each.content) for each in reversed(list(last))]


@router.post(
    "/{conversation_id}/messages",
    response_class=EventSourceResponse,
    dependencies=[Depends(_within_limit)],
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS),
)
async def ask(
    conversation_id: uuid.UUID, turns: Annotated[list[Turn], Depends(_asked)], request: Request
) -> AsyncIterator[ServerSentEvent]:
    """Ask, and read the answer as it is made: see Answering.stream for its events."""
    state = request.app.state
    async for event in state.answering.stream(conversation_id, turns, Abilities(state.todos, state.index)):
        yield event


def _not_found(conversation_id: uuid.UUID) -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, f"there is no conversation {conversation_id}")
