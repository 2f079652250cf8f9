"""Search a user's todos by meaning, with the vectors that `app.indexer` stores in Qdrant."""

from __future__ import annotations

import asyncio
import uuid

import structlog

from app.embedding import NEAR, embed
from app.indexer import index_changes
from app.todos import Todo, Todos
from app.vectors import QdrantError, Vectors, format_text
from app.words import find_words

ROUNDS = 5  # attempts to fill the result after deleted todos were removed from the index


class TodoIndex:
    """Searches a user's todos by meaning; without Qdrant by their words, as the backend does.

    Args:
        todos: of the owner.
        seconds: how long a search may spend on indexing changes first.
    """

    def __init__(self, vectors: Vectors, todos: Todos, owner: uuid.UUID, seconds: float) -> None:
        self._vectors = vectors
        self._todos = todos
        self._owner = owner
        self._seconds = seconds

    async def search(self, query: str, limit: int) -> list[Todo]:
        """Find the todos nearest to a query, nearest first, in their current state.

        Raises:
            BackendUnavailableError, NotSignedInError: see Todos.
        """
        (vector,) = await asyncio.to_thread(embed, [query])
        if not any(vector):
            return []
        try:
            is_complete = await index_changes(self._vectors, self._todos, self._owner, self._seconds)
            todos = await self._search_by_meaning(vector, limit)
        except QdrantError as error:
            await structlog.get_logger().awarning("search goes by words", reason=repr(error))
            return await self._search_by_words(query, limit)
        if not is_complete:  # the next search continues indexing; until then, the rest is found by words
            todos += await self._search_by_words(query, limit)
        candidates = {todo.id: todo for todo in todos}
        return await asyncio.to_thread(_rank, vector, list(candidates.values()), limit)

    async def _search_by_meaning(self, vector: list[float], limit: int) -> list[Todo]:
        """Find the nearest todos of the index; deleted ones are removed from it, and the search is repeated."""
        todos: list[Todo | None] = []
        for _ in range(ROUNDS):
            nearest_ids = await self._vectors.nearest(self._owner, vector, limit)
            todos = await asyncio.gather(*(self._todos.get(identity) for identity in nearest_ids))
            missing_ids = [identity for identity, todo in zip(nearest_ids, todos, strict=True) if todo is None]
            if not missing_ids:
                break
            await self._vectors.remove(self._owner, missing_ids)
        return [todo for todo in todos if todo is not None]

    async def _search_by_words(self, query: str, limit: int) -> list[Todo]:
        todos: dict[uuid.UUID, Todo] = {}
        for word in find_words(query)[:5]:
            items, _ = await self._todos.page(q=word, limit=limit)
            todos |= {item.id: item for item in items}
        return list(todos.values())[:limit]


def _rank(vector: list[float], todos: list[Todo], limit: int) -> list[Todo]:
    """Rank todos by their current text, which may differ from the indexed one."""
    vectors = embed([format_text(todo) for todo in todos])
    scores = [sum(a * b for a, b in zip(vector, each, strict=True)) for each in vectors]
    ranked = sorted(zip(scores, todos, strict=True), key=lambda each: -each[0])
    return [todo for score, todo in ranked[:limit] if score > NEAR]
