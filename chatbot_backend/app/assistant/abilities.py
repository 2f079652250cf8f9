"""What an assistant can do with the todos, whatever it understands language by."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field

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
    """Add, list, search, complete, summarise; every one may raise TodosUnavailableError.

    Attributes:
        changed: the todos changed so far, for whoever shows a list of them.
    """

    todos: Todos
    index: TodoIndex
    changed: list[uuid.UUID] = field(default_factory=list)

    async def add(self, title: str) -> Todo:
        todo = await self.todos.add(title=title)
        self.changed.append(todo.id)
        return todo

    async def listing(self, *, completed: bool = False) -> tuple[list[Todo], int]:
        """Todos, newest first, as many as the backend gives at once, and how many there are."""
        return await self.todos.page(completed=completed)

    async def search(self, query: str) -> list[Todo]:
        """The todos nearest in meaning, nearest first; done ones, too."""
        return await self.index.search(query, NEAREST)

    async def complete(self, identity: uuid.UUID) -> Todo:
        todo = await self.todos.change(identity, completed=True)
        self.changed.append(todo.id)
        return todo

    async def meant(self, reference: str) -> list[Todo]:
        """The open todos that a person may mean, best first: one, where the words leave no doubt."""
        said, wanted = reference.strip(" .!?\"'“”"), set(words(reference))
        if said:
            found, _ = await self.todos.page(completed=False, q=said)
            exactly = [todo for todo in found if todo.title.casefold() == said.casefold()]
            if found:
                return exactly or found
        if wanted:
            found, _ = await self.todos.page(completed=False, q=max(wanted, key=len))
            if with_all := [todo for todo in found if wanted <= set(words(todo.title))]:
                return with_all
        return [todo for todo in await self.search(reference) if not todo.completed]

    async def summary(self) -> Summary:
        dated, open_ = await self.todos.page(completed=False, sort="due_at")
        _, done = await self.todos.page(completed=True)
        now = dt.datetime.now(dt.UTC)
        due = [todo for todo in dated if todo.due_at is not None]
        overdue = sum(1 for todo in due if todo.due_at is not None and todo.due_at < now)
        return Summary(open=open_, done=done, overdue=overdue, next_due=due[:3])
