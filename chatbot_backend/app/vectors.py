"""The vectors of the todos in Qdrant: one collection for each model, and in it how far the todos are in there."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from app.embedding import DIMENSIONS, MODEL, NEAR, embed
from app.todos import Cursor, Todo

# Another model has another collection, which is filled anew; pods of the last release go on with theirs.
FAMILY = "todos"
COLLECTION = f"{FAMILY}.{MODEL}"
# The cursor is a point among those that it is about: a backup, or a loss, has both or none.
CURSOR = str(uuid.UUID(int=0))

QdrantError = (ApiException, ResponseHandlingException, UnexpectedResponse, httpx.HTTPError, OSError)


class Vectors:
    """A client of Qdrant. Every method raises one of QdrantError."""

    def __init__(self, url: str, api_key: str | None, seconds: float) -> None:
        self._client = AsyncQdrantClient(
            url=url, api_key=api_key, timeout=max(1, round(seconds)), prefer_grpc=False, check_compatibility=False
        )

    async def close(self) -> None:
        await self._client.close()

    async def check(self) -> None:
        await self._client.get_collections()

    async def create(self) -> None:
        """Make the collection where there is none."""
        if await self._client.collection_exists(COLLECTION):
            return
        size = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
        try:
            await self._client.create_collection(COLLECTION, vectors_config=size)
        except UnexpectedResponse as error:
            if error.status_code not in {HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST}:
                raise  # those two say that another process was quicker

    async def remove_others(self) -> None:
        """Remove the collections of other models."""
        found = await self._client.get_collections()
        for name in (each.name for each in found.collections):
            if name != COLLECTION and (name == FAMILY or name.startswith(f"{FAMILY}.")):
                await self._client.delete_collection(name)

    async def cursor(self) -> Cursor | None:
        """How far the todos are in the collection; None when nothing is settled, or there is no collection."""
        try:
            found = await self._client.retrieve(COLLECTION, [CURSOR], with_payload=True)
        except UnexpectedResponse as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise
        payload: dict[str, Any] = (found[0].payload or {}) if found else {}
        if not payload:
            return None
        return Cursor(dt.datetime.fromisoformat(payload["moment"]), uuid.UUID(payload["id"]), payload["place"])

    async def put(self, todos: Sequence[Todo], cursor: Cursor | None) -> None:
        """Insert or replace the vectors of todos, and the cursor with them."""
        # In a thread: a hundred long descriptions take a while, in which nothing else would be answered.
        embedded = await asyncio.to_thread(embed, [text_of(todo) for todo in todos])
        points = [
            models.PointStruct(id=str(todo.id), vector=vector, payload={})
            for todo, vector in zip(todos, embedded, strict=True)
        ]
        if cursor:
            payload = {"moment": cursor.moment.isoformat(), "id": str(cursor.identity), "place": cursor.place}
            points.append(models.PointStruct(id=CURSOR, vector=[0.0] * DIMENSIONS, payload=payload))
        if points:
            await self._client.upsert(COLLECTION, points, wait=True)

    async def nearest(self, vector: list[float], limit: int) -> list[uuid.UUID]:
        """The todos whose vectors are nearest, nearest first; none where there is no collection."""
        try:
            hits = await self._client.query_points(COLLECTION, query=vector, limit=limit, score_threshold=NEAR)
        except UnexpectedResponse as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return []
            raise
        return [uuid.UUID(str(hit.id)) for hit in hits.points if str(hit.id) != CURSOR]

    async def remove(self, identities: Sequence[uuid.UUID]) -> None:
        await self._client.delete(COLLECTION, models.PointIdsList(points=[str(each) for each in identities]))


def text_of(todo: Todo) -> str:
    """What a todo's vector is made of."""
    return f"{todo.title} {todo.description}"
