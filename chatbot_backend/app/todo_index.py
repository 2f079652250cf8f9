"""Semantic search over the todos: their vectors in Qdrant, brought up to date before each question."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from http import HTTPStatus

import httpx
import structlog
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from app.embedding import DIMENSIONS, embed, words
from app.todos import Todo, Todos

COLLECTION = "todos"
NEAR = 0.2  # cosine; of 2000 pairs of texts without a common word none came nearer than 0.17
OVERLAP = dt.timedelta(seconds=10)  # a change is stamped before it is committed: looked at again for as long

QdrantError = (ApiException, ResponseHandlingException, UnexpectedResponse, httpx.HTTPError, OSError)


class TodoIndex:
    """The todos by meaning. Without Qdrant, by the words they contain, as the backend searches."""

    def __init__(self, url: str, api_key: str | None, seconds: float, todos: Todos) -> None:
        self._client = AsyncQdrantClient(
            url=url, api_key=api_key, timeout=max(1, round(seconds)), prefer_grpc=False, check_compatibility=False
        )
        self._todos = todos
        self._seen: dt.datetime | None = None  # the last change that is in the index, as far as this process knows
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        await self._client.close()

    async def trouble(self) -> str | None:
        """Why Qdrant does not answer, for /health; None when it does."""
        try:
            await self._client.get_collections()
        except QdrantError as error:
            return f"qdrant does not answer ({type(error).__name__}); search goes by words alone"
        return None

    async def search(self, query: str, limit: int) -> list[Todo]:
        """The todos nearest to a question, nearest first, as the backend has them now.

        Raises:
            TodosUnavailableError: the backend does not answer.
        """
        vector = await asyncio.to_thread(embed, query)
        if not any(vector):
            return []
        try:
            async with self._lock:
                await self._refresh()
            hits = await self._client.query_points(COLLECTION, query=vector, limit=limit, score_threshold=NEAR)
            found = await asyncio.gather(*(self._todos.get(uuid.UUID(str(hit.id))) for hit in hits.points))
            gone = [hit.id for hit, todo in zip(hits.points, found, strict=True) if todo is None]
            if gone:
                await self._client.delete(COLLECTION, models.PointIdsList(points=gone))
        except QdrantError as error:
            await structlog.get_logger().awarning("search goes by words", reason=repr(error))
            return await self._by_words(query, limit)
        return [todo for todo in found if todo is not None]

    async def _refresh(self) -> None:
        """Put into the index what changed since the last time; everything, where there is no index."""
        if not await self._client.collection_exists(COLLECTION):
            self._seen = None
            await self._create()
        since = None if self._seen is None else self._seen - OVERLAP
        async for changed in self._todos.changed_since(since):
            await self._put(changed)
            self._seen = changed[-1].updated_at

    async def _put(self, todos: list[Todo]) -> None:
        # In a thread: a hundred long descriptions take seconds, in which nothing else would be answered.
        points = await asyncio.to_thread(lambda: [_point(todo) for todo in todos])
        await self._client.upsert(COLLECTION, points, wait=True)

    async def _create(self) -> None:
        size = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
        try:
            await self._client.create_collection(COLLECTION, vectors_config=size)
        except UnexpectedResponse as error:
            if error.status_code not in {HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST}:
                raise  # those two say that another pod was quicker

    async def _by_words(self, query: str, limit: int) -> list[Todo]:
        found: dict[uuid.UUID, Todo] = {}
        for word in words(query)[:5]:
            items, _ = await self._todos.page(q=word, limit=limit)
            found |= {item.id: item for item in items}
        return list(found.values())[:limit]


def _point(todo: Todo) -> models.PointStruct:
    vector = embed(f"{todo.title} {todo.description}")
    return models.PointStruct(id=str(todo.id), vector=vector, payload={"title": todo.title})
