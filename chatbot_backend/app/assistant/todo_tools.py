"""The operations on todos that every assistant has."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from app.backend import BackendRefusedError
from app.journal import Journal
from app.models import Change
from app.todo_index import TodoIndex
from app.todos import Todo, Todos
from app.words import find_words

NEAREST = 5  # todos in an answer that is still easy to read


@dataclass(frozen=True)
class Summary:
    """Counts of todos; `next_due` are the open ones with a date, soonest first."""

    open: int
    done: int
    overdue: int
    next_due: list[Todo]


@dataclass
class TodoTools:
    """Reads, searches, adds and changes todos, and undoes changes.

    Every method may raise BackendUnavailableError, BackendRefusedError and NotSignedInError.

    Attributes:
        zone: the user's time zone, which days begin and end in.
        question: the question to answer; if it is repeated, its todos are not added again.
        changed_ids: the todos changed so far, so that clients can update their lists.
    """

    todos: Todos
    index: TodoIndex
    journal: Journal
    zone: dt.tzinfo = dt.UTC
    question: uuid.UUID = field(default_factory=uuid.uuid4)
    changed_ids: list[uuid.UUID] = field(default_factory=list)
    added_count: int = 0

    def now(self) -> dt.datetime:
        return dt.datetime.now(self.zone)

    async def add(self, title: str, due_at: dt.datetime | None = None) -> Todo:
        self.added_count += 1
        key = uuid.uuid5(self.question, f"{self.added_count} {title} {due_at}")
        todo = await self.todos.add(str(key), title=title, due_at=due_at)
        return await self._record_change("added", todo)

    async def complete(self, identity: uuid.UUID) -> Todo:
        return await self._change(identity, completed=True)

    async def reopen(self, identity: uuid.UUID) -> Todo:
        return await self._change(identity, completed=False)

    async def set_due(self, identity: uuid.UUID, due_at: dt.datetime | None) -> Todo:
        """Set a todo's due date; None removes it."""
        return await self._change(identity, due_at=due_at)

    async def delete(self, identity: uuid.UUID) -> Todo:
        """Delete a todo; returns it."""
        before = await self._get(identity)
        await self.todos.remove(identity)
        return await self._record_change("deleted", before, before)

    async def undo(self) -> Change | None:
        """Undo the conversation's last change and remove it from the journal; None if there is none."""
        change = await self.journal.find_last()
        if change is None:
            return None
        new_id = None
        try:
            match change.kind:
                case "added":
                    await self.todos.remove(change.todo_id)
                case "deleted":
                    new_id = (await self.todos.add(f"undo-{change.id}", **change.before)).id
                case _:
                    await self.todos.change(change.todo_id, **change.before)
        except BackendRefusedError:
            await self.journal.remove(change)  # it can never be undone, but changes before it may be
            raise
        await self.journal.remove(change, new_id)
        self.changed_ids.append(new_id or change.todo_id)
        return change

    async def list_todos(self, *, completed: bool = False) -> tuple[list[Todo], int]:
        """The first page of todos, newest first, and the total count."""
        return await self.todos.page(completed=completed)

    async def list_due(self, start: dt.datetime | None, end: dt.datetime) -> list[Todo]:
        """The open todos due from `start` until before `end`, soonest first."""
        return await self.todos.due(start, end)

    async def search(self, query: str) -> list[Todo]:
        """The todos nearest in meaning, nearest first, including done ones."""
        return await self.index.search(query, NEAREST)

    async def find_matches(self, reference: str, *, completed: bool | None = False) -> list[Todo]:
        """Find the todos that a user may mean, best match first: only one if the words are unambiguous.

        Args:
            completed: whether they are done; None for both.
        """
        phrase, query_words = reference.strip(" .!?\"'“”"), set(find_words(reference))
        filters = {} if completed is None else {"completed": completed}
        if phrase:
            matches, _ = await self.todos.page(q=phrase, **filters)
            exact_matches = [todo for todo in matches if todo.title.casefold() == phrase.casefold()]
            if matches:
                return exact_matches or matches
        if query_words:
            matches, _ = await self.todos.page(q=max(query_words, key=len), **filters)
            if full_matches := [todo for todo in matches if query_words <= set(find_words(todo.title))]:
                return full_matches
        return [todo for todo in await self.search(reference) if completed in (None, todo.completed)]

    async def summarise(self) -> Summary:
        dated, open_count = await self.todos.page(completed=False, sort="due_at")
        _, done_count = await self.todos.page(completed=True)
        now = self.now()
        due = [todo for todo in dated if todo.due_at is not None]
        overdue = sum(1 for todo in due if todo.due_at is not None and todo.due_at < now)
        return Summary(open=open_count, done=done_count, overdue=overdue, next_due=due[:3])

    async def _change(self, identity: uuid.UUID, **changes: Any) -> Todo:
        before = await self._get(identity)
        if all(getattr(before, name) == value for name, value in changes.items()):
            return before
        return await self._record_change("changed", await self.todos.change(identity, **changes), before)

    async def _get(self, identity: uuid.UUID) -> Todo:
        todo = await self.todos.get(identity)
        if todo is None:
            raise BackendRefusedError(HTTPStatus.NOT_FOUND, f"there is no todo {identity}")
        return todo

    async def _record_change(self, kind: str, todo: Todo, before: Todo | None = None) -> Todo:
        self.changed_ids.append(todo.id)
        await self.journal.record(kind, todo, before)
        return todo
