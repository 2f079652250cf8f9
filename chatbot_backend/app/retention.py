"""Remove conversations that nobody has used for a long time, and the search index of users without conversations.

This also removes the data of deleted accounts: the chat is not notified of them, and has no right to ask for them.
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
    """Remove unused conversations every hour until cancelled; if a database does not answer, try the next hour."""
    while True:
        try:
            while await remove_unused(database, vectors, days):
                pass
        except (SQLAlchemyError, *QdrantError) as error:
            await structlog.get_logger().awarning("unused conversations stay", reason=repr(error))
        await asyncio.sleep(PERIOD_SECONDS)


async def remove_unused(database: Database, vectors: Vectors, days: int) -> int:
    """Remove one batch of conversations without a message in the last days; returns how many.

    With a user's last conversation, the vectors of their todos are removed: the next search rebuilds the index.

    Raises:
        SQLAlchemyError: PostgreSQL does not answer.
        Exception: one of QdrantError; then nothing is removed from PostgreSQL, and the next call tries again.
    """
    is_unused = _is_unused(now() - dt.timedelta(days=days))
    async with database.sessions.begin() as session:
        unlocked = select(Conversation.id).where(is_unused).limit(BATCH).with_for_update(skip_locked=True)
        is_locked = Conversation.id.in_(list(await session.scalars(unlocked)))
        # Checked again once they are locked, as no question can be added then.
        removal = delete(Conversation).where(is_locked, is_unused).returning(Conversation.owner_id)
        removed_owners = list(await session.scalars(removal, execution_options={"synchronize_session": False}))
        owners = {owner for owner in removed_owners if owner is not None}
        remaining_owners = select(Conversation.owner_id).where(Conversation.owner_id.in_(owners))
        for owner in owners.difference(await session.scalars(remaining_owners)):
            await vectors.remove_all(owner)
    return len(removed_owners)


def _is_unused(since: dt.datetime) -> ColumnElement[bool]:
    is_used = exists().where(Message.conversation_id == Conversation.id, Message.created_at >= since)
    return (Conversation.created_at < since) & ~is_used
