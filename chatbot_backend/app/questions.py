"""Store questions before they are answered; a question repeated with the same key is stored once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from fastapi import HTTPException
from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.assistant import Turn
from app.conversations import find_conversation
from app.models import Message
from app.views import MessageView
from chassis.columns import now
from chassis.database import Database

HISTORY_LENGTH = 20  # messages that an assistant gets: enough for “the second one”, and a bounded cost
MAX_MESSAGES = 1000  # in a conversation
BUSY_SECONDS = 2  # before a client asks again for an answer in progress


@dataclass(frozen=True)
class Question:
    """A stored question.

    Attributes:
        turns: the conversation up to and including the question.
        answer: if the question has already been answered.
    """

    id: uuid.UUID
    conversation_id: uuid.UUID
    turns: Sequence[Turn]
    answer: MessageView | None = None


class Questions:
    """Stores questions and answers; an answer may take `seconds`."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._max_duration = dt.timedelta(seconds=seconds)

    async def ask(self, owner: uuid.UUID, conversation_id: uuid.UUID, content: str, key: str | None) -> Question:
        """Store a user's question, or find it by a key that the conversation already has.

        Raises:
            HTTPException: the user has no such conversation (404), it is full (409), the answer is in progress (409),
                or the key belongs to another question (422).
        """
        try:
            async with self._database.sessions.begin() as session:
                return await self._ask(session, owner, conversation_id, content, key)
        except IntegrityError:  # another request has just used the key, or the conversation is gone
            async with self._database.sessions.begin() as session:
                return await self._ask(session, owner, conversation_id, content, key)

    async def _ask(
        self, session: AsyncSession, owner: uuid.UUID, conversation_id: uuid.UUID, content: str, key: str | None
    ) -> Question:
        await find_conversation(session, owner, conversation_id)
        own = Message.conversation_id == conversation_id
        if key and (earlier := await session.scalar(select(Message).where(own, Message.idempotency_key == key))):
            return await self._ask_again(session, earlier, content)
        if (await session.scalar(select(func.count()).where(own)) or 0) >= MAX_MESSAGES:
            detail = f"the conversation has {MAX_MESSAGES} messages; start another one"
            raise HTTPException(HTTPStatus.CONFLICT, detail)
        until = now() + self._max_duration
        question = Message(
            conversation_id=conversation_id, role="user", content=content, idempotency_key=key, answering_until=until
        )
        session.add(question)
        await session.flush()
        return Question(question.id, conversation_id, await _read_turns(session, question))

    async def _ask_again(self, session: AsyncSession, question: Message, content: str) -> Question:
        if question.content != content:
            detail = "the Idempotency-Key belongs to another question; take a new one"
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        answers = Message.answer_to == question.id
        if answer := await session.scalar(select(Message).where(answers, Message.finished)):
            return Question(question.id, question.conversation_id, [], MessageView.model_validate(answer))
        is_free = or_(Message.answering_until.is_(None), Message.answering_until <= now())
        claim = (
            update(Message)
            .where(Message.id == question.id, is_free)
            .values(answering_until=now() + self._max_duration)
        )
        if cast(CursorResult[Any], await session.execute(claim)).rowcount == 0:
            headers = {"Retry-After": str(BUSY_SECONDS)}
            raise HTTPException(HTTPStatus.CONFLICT, "the question is being answered", headers)
        await session.execute(delete(Message).where(answers))  # an unfinished answer
        return Question(question.id, question.conversation_id, await _read_turns(session, question))

    async def answer(self, question: Question, text: str, *, finished: bool) -> MessageView | None:
        """Store an answer, which may be unfinished; returns None if the text is empty."""
        async with self._database.sessions.begin() as session:
            end = update(Message).where(Message.id == question.id).values(answering_until=None)
            await session.execute(end)
            if not text:
                return None
            message = Message(
                conversation_id=question.conversation_id,
                role="assistant",
                content=text,
                finished=finished,
                answer_to=question.id,
            )
            session.add(message)
            await session.flush()
            return MessageView.model_validate(message)


async def _read_turns(session: AsyncSession, question: Message) -> list[Turn]:
    query = select(Message).where(
        Message.conversation_id == question.conversation_id, Message.created_at <= question.created_at
    )
    last = await session.scalars(query.order_by(Message.created_at.desc(), Message.id.desc()).limit(HISTORY_LENGTH))
    return [Turn("user" if each.role == "user" else "assistant", each.content) for each in reversed(list(last))]
