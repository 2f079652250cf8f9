"""Removes what nobody has used for a long time: conversations, and the search index of users who have none left.

The chat does not hear of accounts that are removed, and has no rights to ask: what it has of one goes this way.
"""

from __future__ import annotations

import asyncio
import datetime as dt

import structlog
from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.exc import SQLAlchemyError

from app.models import Conversation, Message
from app.vectors import QdrantError, Vectors
from chassis.columns import now
from chassis.database import Database

PERIOD_SECONDS = 3600.0
BATCH = 500  # conversations in a transaction


async def keep_removing(database: Database, vectors: Vectors, days: int) -> None:
    """Remove what is unused, once an hour, until cancelled; while a database does not answer, the next hour."""
    while True:
        try:
            while await remove_unused(database, vectors, days):
                pass
        except (SQLAlchemyError, *QdrantError) as error:
            await structlog.get_logger().awarning("unused conversations stay", reason=repr(error))
        await asyncio.sleep(PERIOD_SECONDS)


async def remove_unused(database: Database, vectors: Vectors, days: int) -> int:
    """Remove some conversations without a message of the last days; returns how many.

    With a user's last one go the vectors of their todos: an index is made again by the next search.

    Raises:
        SQLAlchemyError: PostgreSQL does not answer.
        Exception: one of QdrantError; then nothing is removed from PostgreSQL, and the next call finds it again.
    """
    is_unused = _is_unused(now() - dt.timedelta(days=days))
    async with database.sessions.begin() as session:
        free = select(Conversation.id).where(is_unused).limit(BATCH).with_for_update(skip_locked=True)
        locked = Conversation.id.in_(list(await session.scalars(free)))
        # Asked again: while they are locked, no question is added.
        removal = delete(Conversation).where(locked, is_unused).returning(Conversation.owner_id)
        removed = list(await session.scalars(removal, execution_options={"synchronize_session": False}))
        owners = {owner for owner in removed if owner is not None}
        left = select(Conversation.owner_id).where(Conversation.owner_id.in_(owners))
        for owner in owners.difference(await session.scalars(left)):
            await vectors.remove_all(owner)
    return len(removed)


def _is_unused(since: dt.datetime) -> ColumnElement[bool]:
    is_used = exists().where(Message.conversation_id == Conversation.id, Message.created_at >= since)
    return (Conversation.created_at < since) & ~is_used
