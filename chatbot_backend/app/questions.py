"""A question is kept before it is answered, and asked again with the same key it is still one."""

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

REMEMBERED = 20  # messages of the history that an assistant gets: enough for “the second one”, and a bounded bill
LONGEST_CONVERSATION = 1000  # messages
BUSY_SECONDS = 2  # before an answer that is being made is worth asking for again


@dataclass(frozen=True)
class Question:
    """A question that is kept.

    Attributes:
        turns: the conversation up to it, and with it.
        answer: to it, where it has been answered already.
    """

    id: uuid.UUID
    conversation_id: uuid.UUID
    turns: Sequence[Turn]
    answer: MessageView | None = None


class Questions:
    """Keeps questions; an answer may be on its way for `seconds`."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._longest = dt.timedelta(seconds=seconds)

    async def ask(self, owner: uuid.UUID, conversation_id: uuid.UUID, content: str, key: str | None) -> Question:
        """Keep a user's question; with a key that the conversation has seen, find it instead.

        Raises:
            HTTPException: the user has no such conversation (404), it is full (409), the answer is being made (409),
                or the key was another question's (422).
        """
        try:
            async with self._database.sessions.begin() as session:
                return await self._ask(session, owner, conversation_id, content, key)
        except IntegrityError:  # another request had the key just now, or the conversation is gone
            async with self._database.sessions.begin() as session:
                return await self._ask(session, owner, conversation_id, content, key)

    async def _ask(
        self, session: AsyncSession, owner: uuid.UUID, conversation_id: uuid.UUID, content: str, key: str | None
    ) -> Question:
        await find_conversation(session, owner, conversation_id)
        own = Message.conversation_id == conversation_id
        if key and (asked := await session.scalar(select(Message).where(own, Message.idempotency_key == key))):
            return await self._ask_again(session, asked, content)
        if (await session.scalar(select(func.count()).where(own)) or 0) >= LONGEST_CONVERSATION:
            detail = f"the conversation has {LONGEST_CONVERSATION} messages; start another one"
            raise HTTPException(HTTPStatus.CONFLICT, detail)
        until = now() + self._longest
        question = Message(
            conversation_id=conversation_id, role="user", content=content, idempotency_key=key, answering_until=until
        )
        session.add(question)
        await session.flush()
        return Question(question.id, conversation_id, await _turns(session, question))

    async def _ask_again(self, session: AsyncSession, asked: Message, content: str) -> Question:
        if asked.content != content:
            detail = "the Idempotency-Key belongs to another question; take a new one"
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        answers = Message.answer_to == asked.id
        if answer := await session.scalar(select(Message).where(answers, Message.finished)):
            return Question(asked.id, asked.conversation_id, [], MessageView.model_validate(answer))
        free = or_(Message.answering_until.is_(None), Message.answering_until <= now())
        taking = update(Message).where(Message.id == asked.id, free).values(answering_until=now() + self._longest)
        if cast(CursorResult[Any], await session.execute(taking)).rowcount == 0:
            headers = {"Retry-After": str(BUSY_SECONDS)}
            raise HTTPException(HTTPStatus.CONFLICT, "the question is being answered", headers)
        await session.execute(delete(Message).where(answers))  # what was said before it was stopped
        return Question(asked.id, asked.conversation_id, await _turns(session, asked))

    async def answer(self, question: Question, text: str, *, finished: bool) -> MessageView | None:
        """Keep an answer, or what there is of one; None where there is nothing of it."""
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


async def _turns(session: AsyncSession, question: Message) -> list[Turn]:
    wanted = select(Message).where(
        Message.conversation_id == question.conversation_id, Message.created_at <= question.created_at
    )
    last = await session.scalars(wanted.order_by(Message.created_at.desc(), Message.id.desc()).limit(REMEMBERED))
    return [Turn("user" if each.role == "user" else "assistant", each.content) for each in reversed(list(last))]
