"""Store the todos' vectors in Qdrant: one collection for each model, with all users' points.

Every point has its owner, and every read and removal filters by owner, so that users see only their own points.
"""

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

# Another model gets another, empty collection; so did the change that gave points an owner.
COLLECTION_PREFIX = "todos"
COLLECTION = f"{COLLECTION_PREFIX}.{MODEL}.owned"
# The payload's keys. A user's cursor is a point of the same collection, so that both are backed up or lost together.
OWNER, TODO, UPDATED_AT = "owner", "todo", "updated_at"

ANY_VECTOR = [1.0] + [0.0] * (DIMENSIONS - 1)
REMOVAL_BATCH = 1000  # points

QdrantError = (ApiException, ResponseHandlingException, UnexpectedResponse, httpx.HTTPError, OSError)


class Vectors:
    """A client of Qdrant. Every method but `check` may raise one of QdrantError."""

    def __init__(self, url: str, api_key: str | None, seconds: float) -> None:
        self._client = AsyncQdrantClient(
            url=url, api_key=api_key, timeout=max(1, round(seconds)), prefer_grpc=False, check_compatibility=False
        )
        self._others_removed = False  # whether this process has removed the collections of other models

    @property
    def http(self) -> httpx.AsyncClient:
        """The HTTP client of its requests."""
        return self._client.http.client._async_client  # noqa: SLF001 - it has no public name

    async def close(self) -> None:
        await self._client.close()

    async def check(self) -> str | None:
        """Why Qdrant does not answer, for /health; None when it does."""
        try:
            await self._client.get_collections()
        except QdrantError as error:
            return f"qdrant does not answer ({type(error).__name__}); search goes by words alone"
        return None

    async def create(self) -> None:
        """Create the collection and its index of owners if missing, and remove the collections of other models."""
        if not await self._client.collection_exists(COLLECTION):
            size = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
            try:
                await self._client.create_collection(COLLECTION, vectors_config=size)
            except UnexpectedResponse as error:
                if error.status_code not in {HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST}:
                    raise  # these two mean that another process was faster
        # Each user's points are stored together, and a search reads only those. Creating it again changes nothing.
        tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
        await self._client.create_payload_index(COLLECTION, OWNER, tenant)
        if not self._others_removed:
            await self.remove_others()
            self._others_removed = True

    async def remove_others(self) -> None:
        """Remove the collections of other models."""
        collections = await self._client.get_collections()
        for name in (each.name for each in collections.collections):
            if name != COLLECTION and (name == COLLECTION_PREFIX or name.startswith(f"{COLLECTION_PREFIX}.")):
                await self._client.delete_collection(name)

    async def cursor(self, owner: uuid.UUID) -> Cursor | None:
        """How far a user's todos are indexed; None if nothing is settled, or there is no collection."""
        try:
            points = await self._client.retrieve(COLLECTION, [_cursor_id(owner)], with_payload=True)
        except UnexpectedResponse as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise
        payload: dict[str, Any] = (points[0].payload or {}) if points else {}
        if not payload:
            return None
        return Cursor(dt.datetime.fromisoformat(payload["moment"]), uuid.UUID(payload["id"]), payload["place"])

    async def change_times(self, owner: uuid.UUID, todos: Sequence[uuid.UUID]) -> dict[uuid.UUID, dt.datetime]:
        """Which of these todos are in the collection, and the change time that was indexed of each."""
        points = await self._client.retrieve(
            COLLECTION, [_point_id(owner, each) for each in todos], with_payload=True
        )
        payloads = [point.payload or {} for point in points]
        return {uuid.UUID(each[TODO]): dt.datetime.fromisoformat(each[UPDATED_AT]) for each in payloads}

    async def put(self, owner: uuid.UUID, todos: Sequence[Todo], cursor: Cursor | None) -> None:
        """Insert or replace the vectors of a user's todos, and the cursor with them."""
        # In a thread, as a hundred long descriptions would block all requests for a while.
        vectors = await asyncio.to_thread(embed, [format_text(todo) for todo in todos])
        points = [_new_point(owner, todo, vector) for todo, vector in zip(todos, vectors, strict=True)]
        if cursor:
            payload = {
                OWNER: str(owner),
                "moment": cursor.moment.isoformat(),
                "id": str(cursor.identity),
                "place": cursor.place,
            }
            points.append(models.PointStruct(id=_cursor_id(owner), vector=[0.0] * DIMENSIONS, payload=payload))
        if points:
            await self._client.upsert(COLLECTION, points, wait=True)

    async def nearest(self, owner: uuid.UUID, vector: list[float], limit: int) -> list[uuid.UUID]:
        """Find a user's todos with the nearest vectors, nearest first; empty if there is no collection."""
        own = models.Filter(must=[models.FieldCondition(key=OWNER, match=models.MatchValue(value=str(owner)))])
        try:
            hits = await self._client.query_points(
                COLLECTION, query=vector, query_filter=own, limit=limit, score_threshold=NEAR, with_payload=True
            )
        except UnexpectedResponse as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return []
            raise
        payloads = [hit.payload or {} for hit in hits.points]
        return [uuid.UUID(each[TODO]) for each in payloads if TODO in each]  # the cursor has no todo

    async def remove(self, owner: uuid.UUID, todos: Sequence[uuid.UUID]) -> None:
        points: list[int | str | uuid.UUID] = [_point_id(owner, each) for each in todos]
        await self._client.delete(COLLECTION, models.PointIdsList(points=points))

    async def remove_all(self, owner: uuid.UUID) -> None:
        """Remove the vectors of a user's todos, and the cursor."""
        own = models.Filter(must=[models.FieldCondition(key=OWNER, match=models.MatchValue(value=str(owner)))])
        try:
            # Any vector will do, as a query without a threshold finds every point of the owner.
            while points := (
                await self._client.query_points(COLLECTION, query=ANY_VECTOR, query_filter=own, limit=REMOVAL_BATCH)
            ).points:
                await self._client.delete(
                    COLLECTION, models.PointIdsList(points=[each.id for each in points]), wait=True
                )
        except UnexpectedResponse as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                raise


def _new_point(owner: uuid.UUID, todo: Todo, vector: list[float]) -> models.PointStruct:
    payload = {OWNER: str(owner), TODO: str(todo.id), UPDATED_AT: todo.updated_at.isoformat()}
    return models.PointStruct(id=_point_id(owner, todo.id), vector=vector, payload=payload)


def _point_id(owner: uuid.UUID, todo: uuid.UUID) -> str:
    """A point's id, made from the owner, too, so that nobody can replace or remove another user's point."""
    return str(uuid.uuid5(owner, str(todo)))


def _cursor_id(owner: uuid.UUID) -> str:
    return str(uuid.uuid5(owner, "cursor"))


def format_text(todo: Todo) -> str:
    """The text that a todo's vector is computed from."""
    return f"{todo.title} {todo.description}"
