"""The conversations that a user has: only they find them, and only the last ones are kept."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from fastapi import HTTPException
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Conversation

KEPT = 50  # conversations of one user


async def find_conversation(
    session: AsyncSession, owner: uuid.UUID, conversation_id: uuid.UUID, *, lock: bool = False
) -> Conversation:
    """A user's conversation; locked, nobody else removes it before the transaction ends.

    Raises:
        HTTPException: the user has none of that id (404), whether or not another one has.
    """
    wanted = select(Conversation).where(Conversation.id == conversation_id, Conversation.owner_id == owner)
    found = await session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no conversation {conversation_id}")
    return found


async def make_conversation(session: AsyncSession, owner: uuid.UUID) -> Conversation:
    """A new conversation of a user, whose oldest ones are deleted beyond KEPT."""
    made = Conversation(owner_id=owner)
    session.add(made)
    await session.flush()
    newest = (Conversation.created_at.desc(), Conversation.id.desc())
    own = select(Conversation.id).where(Conversation.owner_id == owner)
    older = list(await session.scalars(own.order_by(*newest).offset(KEPT)))
    if older:
        # One that is in use just now, or is removed by another request, goes with the next one that is made.
        free = select(Conversation.id).where(Conversation.id.in_(older)).with_for_update(skip_locked=True)
        await session.execute(delete(Conversation).where(Conversation.id.in_(list(await session.scalars(free)))))
    return made
