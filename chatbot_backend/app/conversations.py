"""The conversations that a user has: only they find them, and only the last ones are kept."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from fastapi import HTTPException
from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Conversation, Message
from chassis.columns import now

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


async def remove_conversation(session: AsyncSession, owner: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Remove a user's conversation; in the place of the last one stays an empty one, of an id that nobody has.

    By that one `app.retention` finds the user's index, should they not come back.

    Raises:
        HTTPException: see find_conversation.
    """
    await session.delete(await find_conversation(session, owner, conversation_id, lock=True))
    await session.flush()
    if await session.scalar(select(Conversation.id).where(Conversation.owner_id == owner).limit(1)) is None:
        session.add(Conversation(owner_id=owner))


async def make_conversation(session: AsyncSession, owner: uuid.UUID) -> Conversation:
    """A new conversation of a user; of the others, those that were used last stay, KEPT with the new one."""
    made = Conversation(owner_id=owner)
    session.add(made)
    await session.flush()
    messages = Message.conversation_id == Conversation.id
    used_at = func.coalesce(
        select(func.max(Message.created_at)).where(messages).scalar_subquery(), Conversation.created_at
    )
    others = select(Conversation.id).where(Conversation.owner_id == owner, Conversation.id != made.id)
    older = list(await session.scalars(others.order_by(used_at.desc(), Conversation.id.desc()).offset(KEPT - 1)))
    if older:
        # One that is in use just now, or is removed by another request, goes with the next one that is made.
        free = select(Conversation.id).where(Conversation.id.in_(older)).with_for_update(skip_locked=True)
        removable = Conversation.id.in_(list(await session.scalars(free)))
        # Asked only now: while they are locked, no question is added.
        is_answering = exists().where(messages, Message.answering_until > now())
        await session.execute(delete(Conversation).where(removable, ~is_answering))
    return made
