"""What a conversation has changed of the todos, so that it can be taken back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import delete, select, update

from app.models import Change
from app.todos import Todo
from chassis.database import Database

FIELDS = ("title", "description", "completed", "due_at")  # of a todo, that can be given back


class Journal:
    """The changes of one conversation."""

    def __init__(self, database: Database, conversation: uuid.UUID) -> None:
        self._database = database
        self._conversation = conversation

    async def record(self, kind: str, todo: Todo, before: Todo | None = None) -> None:
        """Remember that a todo was `added`, `changed` or `deleted`, and how it was before."""
        was = {} if before is None else {name: _plain(getattr(before, name)) for name in FIELDS}
        if kind == "changed":
            was = {name: value for name, value in was.items() if value != _plain(getattr(todo, name))}
        async with self._database.sessions.begin() as session:
            session.add(
                Change(conversation_id=self._conversation, kind=kind, todo_id=todo.id, title=todo.title, before=was)
            )

    async def last(self) -> Change | None:
        """The last change that has not been taken back."""
        wanted = select(Change).where(Change.conversation_id == self._conversation)
        async with self._database.sessions() as session:
            return await session.scalar(wanted.order_by(Change.created_at.desc(), Change.id).limit(1))

    async def remove(self, change: Change, now: uuid.UUID | None = None) -> None:
        """Forget a change that is taken back; `now` is the todo's new id, if it has another one."""
        async with self._database.sessions.begin() as session:
            await session.execute(delete(Change).where(Change.id == change.id))
            if now is not None:
                same = (Change.conversation_id == self._conversation, Change.todo_id == change.todo_id)
                await session.execute(update(Change).where(*same).values(todo_id=now))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value
