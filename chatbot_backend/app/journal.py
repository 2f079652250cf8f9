"""The changes of todos by a conversation, so that they can be undone."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import delete, select, update

from app.models import Change
from app.todos import Todo
from chassis.database import Database

FIELDS = ("title", "description", "completed", "due_at")  # of a todo, that can be restored


class Journal:
    """The changes of one conversation."""

    def __init__(self, database: Database, conversation: uuid.UUID) -> None:
        self._database = database
        self._conversation = conversation

    async def record(self, kind: str, todo: Todo, before: Todo | None = None) -> None:
        """Record that a todo was `added`, `changed` or `deleted`, and its state before."""
        old_values = {} if before is None else {name: _serialize(getattr(before, name)) for name in FIELDS}
        if kind == "changed":
            old_values = {
                name: value for name, value in old_values.items() if value != _serialize(getattr(todo, name))
            }
        async with self._database.sessions.begin() as session:
            session.add(
                Change(
                    conversation_id=self._conversation,
                    kind=kind,
                    todo_id=todo.id,
                    title=todo.title,
                    before=old_values,
                )
            )

    async def find_last(self) -> Change | None:
        """Find the last change that has not been undone."""
        query = select(Change).where(Change.conversation_id == self._conversation)
        async with self._database.sessions() as session:
            return await session.scalar(query.order_by(Change.created_at.desc(), Change.id).limit(1))

    async def remove(self, change: Change, new_id: uuid.UUID | None = None) -> None:
        """Remove a change that was undone; `new_id` is the todo's id, if it has a new one."""
        async with self._database.sessions.begin() as session:
            await session.execute(delete(Change).where(Change.id == change.id))
            if new_id is not None:
                is_same_todo = (Change.conversation_id == self._conversation, Change.todo_id == change.todo_id)
                await session.execute(update(Change).where(*is_same_todo).values(todo_id=new_id))


def _serialize(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value
