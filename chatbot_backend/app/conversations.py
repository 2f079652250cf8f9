"""Conversations: only their user finds them, and only the most recent ones are kept."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from fastapi import HTTPException
from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Conversation, Message
from chassis.columns import now

MAX_CONVERSATIONS = 50  # conversations of one user


async def find_conversation(
    session: AsyncSession, owner: uuid.UUID, conversation_id: uuid.UUID, *, lock: bool = False
) -> Conversation:
    """Find a user's conversation; with `lock`, nobody else can remove it before the transaction ends.

    Raises:
        HTTPException: the user has no such conversation (404), even if another user has.
    """
    query = select(Conversation).where(Conversation.id == conversation_id, Conversation.owner_id == owner)
    conversation = await session.scalar(query.with_for_update() if lock else query)
    if conversation is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no conversation {conversation_id}")
    return conversation


async def remove_conversation(session: AsyncSession, owner: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Remove a user's conversation; if it was the last one, add an empty one with a new id.

    With that one `app.retention` later finds the user's search index, should they not come back.

    Raises:
        HTTPException: see find_conversation.
    """
    await session.delete(await find_conversation(session, owner, conversation_id, lock=True))
    await session.flush()
    if await session.scalar(select(Conversation.id).where(Conversation.owner_id == owner).limit(1)) is None:
        session.add(Conversation(owner_id=owner))


async def make_conversation(session: AsyncSession, owner: uuid.UUID) -> Conversation:
    """Create a user's conversation, and delete the least recently used ones beyond MAX_CONVERSATIONS."""
    conversation = Conversation(owner_id=owner)
    session.add(conversation)
    await session.flush()
    messages = Message.conversation_id == Conversation.id
    used_at = func.coalesce(
        select(func.max(Message.created_at)).where(messages).scalar_subquery(), Conversation.created_at
    )
    others = select(Conversation.id).where(Conversation.owner_id == owner, Conversation.id != conversation.id)
    surplus = list(
        await session.scalars(others.order_by(used_at.desc(), Conversation.id.desc()).offset(MAX_CONVERSATIONS - 1))
    )
    if surplus:
        # One that is locked by another request is left for the next call.
        unlocked = select(Conversation.id).where(Conversation.id.in_(surplus)).with_for_update(skip_locked=True)
        removable = Conversation.id.in_(list(await session.scalars(unlocked)))
        # Checked once they are locked, as no question can be added then.
        is_answering = exists().where(messages, Message.answering_until > now())
        await session.execute(delete(Conversation).where(removable, ~is_answering))
    return conversation
