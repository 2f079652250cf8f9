"""What an assistant can do with the todos, whatever it understands language by."""

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
from app.words import words

NEAREST = 5  # todos an answer can name and still be read


@dataclass(frozen=True)
class Summary:
    """How the todos stand; `next_due` are the open ones with a date, soonest first."""

    open: int
    done: int
    overdue: int
    next_due: list[Todo]


@dataclass
class Abilities:
    """Read, search, add and change todos, and take changes back.

    Every method may raise BackendUnavailableError, BackendRefusedError and NotSignedInError.

    Attributes:
        zone: of the person: in which days begin and end.
        question: that is answered; what is added for it once is not added again when it is asked again.
        changed: the todos changed so far, for whoever shows a list of them.
    """

    todos: Todos
    index: TodoIndex
    journal: Journal
    zone: dt.tzinfo = dt.UTC
    question: uuid.UUID = field(default_factory=uuid.uuid4)
    changed: list[uuid.UUID] = field(default_factory=list)
    added: int = 0

    def now(self) -> dt.datetime:
        return dt.datetime.now(self.zone)

    async def add(self, title: str, due_at: dt.datetime | None = None) -> Todo:
        self.added += 1
        key = uuid.uuid5(self.question, f"{self.added} {title} {due_at}")
        todo = await self.todos.add(str(key), title=title, due_at=due_at)
        return await self._record_change("added", todo)

    async def complete(self, identity: uuid.UUID) -> Todo:
        return await self._change(identity, completed=True)

    async def reopen(self, identity: uuid.UUID) -> Todo:
        return await self._change(identity, completed=False)

    async def set_due(self, identity: uuid.UUID, due_at: dt.datetime | None) -> Todo:
        """Have a todo due at a moment; None: at none."""
        return await self._change(identity, due_at=due_at)

    async def delete(self, identity: uuid.UUID) -> Todo:
        """Delete a todo; returns what it was."""
        before = await self._found(identity)
        await self.todos.remove(identity)
        return await self._record_change("deleted", before, before)

    async def undo(self) -> Change | None:
        """Take the conversation's last change back, which is forgotten then; None when there is none."""
        change = await self.journal.last()
        if change is None:
            return None
        now = None
        try:
            match change.kind:
                case "added":
                    await self.todos.remove(change.todo_id)
                case "deleted":
                    now = (await self.todos.add(f"undo-{change.id}", **change.before)).id
                case _:
                    await self.todos.change(change.todo_id, **change.before)
        except BackendRefusedError:
            await self.journal.remove(change)  # it can never be taken back, and what was before it may be
            raise
        await self.journal.remove(change, now)
        self.changed.append(now or change.todo_id)
        return change

    async def listing(self, *, completed: bool = False) -> tuple[list[Todo], int]:
        """Todos, newest first, as many as the backend gives at once, and how many there are."""
        return await self.todos.page(completed=completed)

    async def due(self, start: dt.datetime | None, end: dt.datetime) -> list[Todo]:
        """The open todos that are due from `start` on and before `end`, soonest first."""
        return await self.todos.due(start, end)

    async def search(self, query: str) -> list[Todo]:
        """The todos nearest in meaning, nearest first; done ones, too."""
        return await self.index.search(query, NEAREST)

    async def meant(self, reference: str, *, completed: bool | None = False) -> list[Todo]:
        """The todos that a person may mean, best first: one, where the words leave no doubt.

        Args:
            completed: whether they are done; None: both.
        """
        said, wanted = reference.strip(" .!?\"'“”"), set(words(reference))
        state = {} if completed is None else {"completed": completed}
        if said:
            found, _ = await self.todos.page(q=said, **state)
            exactly = [todo for todo in found if todo.title.casefold() == said.casefold()]
            if found:
                return exactly or found
        if wanted:
            found, _ = await self.todos.page(q=max(wanted, key=len), **state)
            if with_all := [todo for todo in found if wanted <= set(words(todo.title))]:
                return with_all
        return [todo for todo in await self.search(reference) if completed in (None, todo.completed)]

    async def summary(self) -> Summary:
        dated, open_ = await self.todos.page(completed=False, sort="due_at")
        _, done = await self.todos.page(completed=True)
        now = self.now()
        due = [todo for todo in dated if todo.due_at is not None]
        overdue = sum(1 for todo in due if todo.due_at is not None and todo.due_at < now)
        return Summary(open=open_, done=done, overdue=overdue, next_due=due[:3])

    async def _change(self, identity: uuid.UUID, **changes: Any) -> Todo:
        before = await self._found(identity)
        if all(getattr(before, name) == value for name, value in changes.items()):
            return before
        return await self._record_change("changed", await self.todos.change(identity, **changes), before)

    async def _found(self, identity: uuid.UUID) -> Todo:
        todo = await self.todos.get(identity)
        if todo is None:
            raise BackendRefusedError(HTTPStatus.NOT_FOUND, f"there is no todo {identity}")
        return todo

    async def _record_change(self, kind: str, todo: Todo, before: Todo | None = None) -> Todo:
        self.changed.append(todo.id)
        await self.journal.record(kind, todo, before)
        return todo
