"""Puts into the search index what a user's todos have changed since they were indexed last."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

from app.todos import Todos
from app.vectors import Vectors
from chassis.columns import now

# A change is stamped before it is committed, so that an older one may appear after a newer one, for as long as the
# longest statement takes (chassis.database), and clocks differ. The cursor stays behind what is younger.
SETTLED = dt.timedelta(seconds=60)


async def update(vectors: Vectors, todos: Todos, owner: uuid.UUID, seconds: float) -> bool:
    """Index a user's changes, a page at a time, for as long as no more than `seconds` have passed.

    Several may run at once, in as many pods: they write the same vectors, and no cursor is ahead of them. The cursor
    is in Qdrant: the next one goes on where the last one was, and an index that is lost is made again.

    Returns:
        Whether all are in; else, one page is at least.

    Raises:
        BackendUnavailableError, NotSignedInError: see Todos.
        Exception: one of QdrantError.
    """
    end = asyncio.get_running_loop().time() + seconds
    cursor, settled = await vectors.cursor(owner), now() - SETTLED
    if cursor is None:
        await vectors.create()
    async for changed in todos.changed_after(cursor):
        behind = [each for _, each in changed if each.moment <= settled]
        cursor = behind[-1] if behind else cursor
        times = await vectors.change_times(owner, [todo.id for todo, _ in changed])
        new = [todo for todo, _ in changed if times.get(todo.id) != todo.updated_at]
        if new or behind:
            await vectors.put(owner, new, cursor)
        # After a page, so that each search gets farther than the last one.
        if asyncio.get_running_loop().time() > end:
            return False
    return True
