"""Search over the todos by meaning: by the vectors that `app.indexer` puts into Qdrant, and what changed since."""

from __future__ import annotations

import asyncio
import uuid

import structlog

from app.embedding import NEAR, embed
from app.todos import Cursor, Todo, Todos
from app.vectors import QdrantError, Vectors, text_of
from app.words import words

ROUNDS = 5  # of looking for todos that are still there, before fewer will do


class TodoIndex:
    """The todos by meaning. Without Qdrant, by the words they contain, as the backend searches."""

    def __init__(self, vectors: Vectors, todos: Todos) -> None:
        self._vectors = vectors
        self._todos = todos

    async def trouble(self) -> str | None:
        """Why Qdrant does not answer, for /health; None when it does."""
        try:
            await self._vectors.check()
        except QdrantError as error:
            return f"qdrant does not answer ({type(error).__name__}); search goes by words alone"
        return None

    async def search(self, query: str, limit: int) -> list[Todo]:
        """The todos nearest to a question, nearest first, as the backend has them now.

        Raises:
            TodosUnavailableError: the backend does not answer.
        """
        (vector,) = await asyncio.to_thread(embed, [query])
        if not any(vector):
            return []
        try:
            cursor, indexed = await asyncio.gather(self._vectors.cursor(), self._indexed(vector, limit))
        except QdrantError as error:
            await structlog.get_logger().awarning("search goes by words", reason=repr(error))
            return await self._by_words(query, limit)
        recent = await self._recent(cursor)
        if cursor is None:  # there is no index yet, and the last changes are not all
            recent += await self._by_words(query, limit)
        candidates = {todo.id: todo for todo in [*recent, *indexed]}
        return await asyncio.to_thread(_nearest, vector, list(candidates.values()), limit)

    async def _indexed(self, vector: list[float], limit: int) -> list[Todo]:
        """The nearest of the index; what has been deleted leaves the index, and makes room for the next."""
        found: list[Todo | None] = []
        for _ in range(ROUNDS):
            near = await self._vectors.nearest(vector, limit)
            found = await asyncio.gather(*(self._todos.get(identity) for identity in near))
            gone = [identity for identity, todo in zip(near, found, strict=True) if todo is None]
            if not gone:
                break
            await self._vectors.remove(gone)
        return [todo for todo in found if todo is not None]

    async def _recent(self, cursor: Cursor | None) -> list[Todo]:
        """The last changes: the index has them some seconds later."""
        since = {} if cursor is None else {"updated_since": cursor.moment}
        found, _ = await self._todos.page(sort="-updated_at", **since)
        return found

    async def _by_words(self, query: str, limit: int) -> list[Todo]:
        found: dict[uuid.UUID, Todo] = {}
        for word in words(query)[:5]:
            items, _ = await self._todos.page(q=word, limit=limit)
            found |= {item.id: item for item in items}
        return list(found.values())[:limit]


def _nearest(vector: list[float], todos: list[Todo], limit: int) -> list[Todo]:
    """The todos by what they say now, which may no longer be what was indexed."""
    embedded = embed([text_of(todo) for todo in todos])
    scores = [sum(a * b for a, b in zip(vector, each, strict=True)) for each in embedded]
    ranked = sorted(zip(scores, todos, strict=True), key=lambda each: -each[0])
    return [todo for score, todo in ranked[:limit] if score > NEAR]
