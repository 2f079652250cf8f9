"""Search over a user's todos by meaning, by the vectors that `app.indexer` puts into Qdrant."""

from __future__ import annotations

import asyncio
import uuid

import structlog

from app.embedding import NEAR, embed
from app.indexer import update
from app.todos import Todo, Todos
from app.vectors import QdrantError, Vectors, text_of
from app.words import words

ROUNDS = 5  # of looking for todos that are still there, before fewer will do


class TodoIndex:
    """A user's todos by meaning. Without Qdrant, by the words they contain, as the backend searches.

    Args:
        todos: of the owner.
        seconds: how long a search may take to index what was changed before it.
    """

    def __init__(self, vectors: Vectors, todos: Todos, owner: uuid.UUID, seconds: float) -> None:
        self._vectors = vectors
        self._todos = todos
        self._owner = owner
        self._seconds = seconds

    async def search(self, query: str, limit: int) -> list[Todo]:
        """The todos nearest to a question, nearest first, as the backend has them now.

        Raises:
            BackendUnavailableError, NotSignedInError: see Todos.
        """
        (vector,) = await asyncio.to_thread(embed, [query])
        if not any(vector):
            return []
        try:
            complete = await update(self._vectors, self._todos, self._owner, self._seconds)
            found = await self._by_meaning(vector, limit)
        except QdrantError as error:
            await structlog.get_logger().awarning("search goes by words", reason=repr(error))
            return await self._by_words(query, limit)
        if not complete:  # the next search goes on; until then what is not indexed is found by its words
            found += await self._by_words(query, limit)
        candidates = {todo.id: todo for todo in found}
        return await asyncio.to_thread(_nearest, vector, list(candidates.values()), limit)

    async def _by_meaning(self, vector: list[float], limit: int) -> list[Todo]:
        """The nearest of the index; what has been deleted leaves the index, and makes room for the next."""
        found: list[Todo | None] = []
        for _ in range(ROUNDS):
            near = await self._vectors.nearest(self._owner, vector, limit)
            found = await asyncio.gather(*(self._todos.get(identity) for identity in near))
            gone = [identity for identity, todo in zip(near, found, strict=True) if todo is None]
            if not gone:
                break
            await self._vectors.remove(self._owner, gone)
        return [todo for todo in found if todo is not None]

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
