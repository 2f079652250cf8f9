"""Puts into the search index what changes of the todos, for as long as the process runs."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import structlog

from app.todos import Cursor, Todo, TodoRefusedError, Todos, TodosUnavailableError
from app.vectors import QdrantError, Vectors
from chassis.columns import now

# A change is stamped before it is committed, so that an older one may appear after a newer one, for as long as the
# longest statement takes (chassis.database), and clocks differ. The cursor stays behind what is younger.
SETTLED = dt.timedelta(seconds=60)


class Indexer:
    """Several may run at once, in as many pods: they write the same vectors, and no cursor is ahead of them.

    The cursor is in Qdrant: a new process goes on where the last one was, and an index that is lost is made again.
    """

    def __init__(self, vectors: Vectors, todos: Todos, seconds: float) -> None:
        self._vectors = vectors
        self._todos = todos
        self._seconds = seconds
        self._done: dict[uuid.UUID, dt.datetime] = {}  # the changes behind the cursor that are in the index already
        self._cursor: Cursor | None = None

    async def run(self) -> None:
        """Update the index every so many seconds, until it is cancelled; another model's is removed once."""
        others = True
        while True:
            try:
                await self.update()
                if others:
                    await self._vectors.remove_others()
                    others = False
            except (*QdrantError, TodosUnavailableError, TodoRefusedError) as error:
                await structlog.get_logger().awarning("not indexed", reason=repr(error))
            await asyncio.sleep(self._seconds)

    async def update(self) -> int:
        """Put in what has changed since the last time; returns how many todos were.

        Raises:
            TodosUnavailableError: the backend does not answer.
            Exception: one of QdrantError.
        """
        await self._vectors.create()
        cursor = await self._vectors.cursor()
        if cursor is None or (self._cursor and cursor.moment < self._cursor.moment):
            self._done.clear()  # it is another index than it was: lost, or an older copy
        self._cursor, settled, count = cursor, now() - SETTLED, 0
        async for changed in self._todos.changed_after(cursor):
            new = [todo for todo, _ in changed if self._done.get(todo.id) != todo.updated_at]
            behind = [each for _, each in changed if each.moment <= settled]
            self._cursor = behind[-1] if behind else self._cursor
            if new or behind:
                await self._vectors.put(new, self._cursor)
            self._remember([todo for todo, _ in changed], settled)
            count += len(new)
        return count

    def _remember(self, todos: list[Todo], settled: dt.datetime) -> None:
        kept = {identity: moment for identity, moment in self._done.items() if moment > settled}
        self._done = kept | {todo.id: todo.updated_at for todo in todos if todo.updated_at > settled}
