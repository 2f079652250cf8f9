"""Index a user's todos that have changed since the last time."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

from app.todos import Todos
from app.vectors import Vectors
from chassis.columns import now

# A change gets its time before it is committed, and clocks differ: an older change may appear after a newer one,
# within the time limit of a statement (chassis.database). The cursor stays before changes younger than this.
SETTLING_TIME = dt.timedelta(seconds=60)


async def index_changes(vectors: Vectors, todos: Todos, owner: uuid.UUID, seconds: float) -> bool:
    """Index a user's changes, page by page, until `seconds` have passed.

    Several pods may run this at once: they write the same vectors, and no cursor gets ahead of them. The cursor is in
    Qdrant: the next call continues where the last one stopped, and a lost index is rebuilt.

    Returns:
        Whether all changes are indexed; if not, at least one page is.

    Raises:
        BackendUnavailableError, NotSignedInError: see Todos.
        Exception: one of QdrantError.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    cursor, settled_before = await vectors.cursor(owner), now() - SETTLING_TIME
    if cursor is None:
        await vectors.create()
    async for page in todos.changed_after(cursor):
        settled_cursors = [each for _, each in page if each.moment <= settled_before]
        cursor = settled_cursors[-1] if settled_cursors else cursor
        indexed_times = await vectors.change_times(owner, [todo.id for todo, _ in page])
        unindexed = [todo for todo, _ in page if indexed_times.get(todo.id) != todo.updated_at]
        if unindexed or settled_cursors:
            await vectors.put(owner, unindexed, cursor)
        # Checked after a page, so that each search makes progress.
        if asyncio.get_running_loop().time() > deadline:
            return False
    return True
