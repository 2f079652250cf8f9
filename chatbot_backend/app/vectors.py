"""The vectors of the todos in Qdrant: one collection for each model, in which each user has points of their own.

Every point names its owner, and whoever reads or removes points names one: no point of another is in the answer.
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

# Another model has another collection, which is filled anew; so had the points before they had owners.
FAMILY = "todos"
COLLECTION = f"{FAMILY}.{MODEL}.owned"
# The payload's keys. A user's cursor is a point among those that it is about: a backup, or a loss, has both or none.
OWNER, TODO, CHANGED = "owner", "todo", "updated_at"

ANY = [1.0] + [0.0] * (DIMENSIONS - 1)
REMOVED_AT_ONCE = 1000  # points

QdrantError = (ApiException, ResponseHandlingException, UnexpectedResponse, httpx.HTTPError, OSError)


class Vectors:
    """A client of Qdrant. Every method raises one of QdrantError, but for `check`."""

    def __init__(self, url: str, api_key: str | None, seconds: float) -> None:
        self._client = AsyncQdrantClient(
            url=url, api_key=api_key, timeout=max(1, round(seconds)), prefer_grpc=False, check_compatibility=False
        )
        self._is_only = False  # whether this process has removed the collections of other models

    @property
    def http(self) -> httpx.AsyncClient:
        """What its requests go through."""
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
        """Make the collection and its index of owners where there are none, and remove those of other models."""
        if not await self._client.collection_exists(COLLECTION):
            size = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
            try:
                await self._client.create_collection(COLLECTION, vectors_config=size)
            except UnexpectedResponse as error:
                if error.status_code not in {HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST}:
                    raise  # those two say that another process was quicker
        # Each user's points lie together: a search reads those alone. Made again, it stays as it is.
        tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
        await self._client.create_payload_index(COLLECTION, OWNER, tenant)
        if not self._is_only:
            await self.remove_others()
            self._is_only = True

    async def remove_others(self) -> None:
        """Remove the collections of other models."""
        found = await self._client.get_collections()
        for name in (each.name for each in found.collections):
            if name != COLLECTION and (name == FAMILY or name.startswith(f"{FAMILY}.")):
                await self._client.delete_collection(name)

    async def cursor(self, owner: uuid.UUID) -> Cursor | None:
        """How far a user's todos are in the collection; None when nothing is settled, or there is no collection."""
        try:
            found = await self._client.retrieve(COLLECTION, [_cursor_of(owner)], with_payload=True)
        except UnexpectedResponse as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise
        payload: dict[str, Any] = (found[0].payload or {}) if found else {}
        if not payload:
            return None
        return Cursor(dt.datetime.fromisoformat(payload["moment"]), uuid.UUID(payload["id"]), payload["place"])

    async def change_times(self, owner: uuid.UUID, todos: Sequence[uuid.UUID]) -> dict[uuid.UUID, dt.datetime]:
        """Which of these todos are in the collection, and when those were changed that are in there."""
        found = await self._client.retrieve(COLLECTION, [_point_of(owner, each) for each in todos], with_payload=True)
        payloads = [point.payload or {} for point in found]
        return {uuid.UUID(each[TODO]): dt.datetime.fromisoformat(each[CHANGED]) for each in payloads}

    async def put(self, owner: uuid.UUID, todos: Sequence[Todo], cursor: Cursor | None) -> None:
        """Insert or replace the vectors of a user's todos, and the cursor with them."""
        # In a thread: a hundred long descriptions take a while, in which nothing else would be answered.
        embedded = await asyncio.to_thread(embed, [text_of(todo) for todo in todos])
        points = [_point(owner, todo, vector) for todo, vector in zip(todos, embedded, strict=True)]
        if cursor:
            payload = {
                OWNER: str(owner),
                "moment": cursor.moment.isoformat(),
                "id": str(cursor.identity),
                "place": cursor.place,
            }
            points.append(models.PointStruct(id=_cursor_of(owner), vector=[0.0] * DIMENSIONS, payload=payload))
        if points:
            await self._client.upsert(COLLECTION, points, wait=True)

    async def nearest(self, owner: uuid.UUID, vector: list[float], limit: int) -> list[uuid.UUID]:
        """The todos of a user whose vectors are nearest, nearest first; none where there is no collection."""
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
        return [uuid.UUID(each[TODO]) for each in payloads if TODO in each]  # the cursor has none

    async def remove(self, owner: uuid.UUID, todos: Sequence[uuid.UUID]) -> None:
        points: list[int | str | uuid.UUID] = [_point_of(owner, each) for each in todos]
        await self._client.delete(COLLECTION, models.PointIdsList(points=points))

    async def remove_all(self, owner: uuid.UUID) -> None:
        """Remove the vectors of a user's todos, and the cursor."""
        own = models.Filter(must=[models.FieldCondition(key=OWNER, match=models.MatchValue(value=str(owner)))])
        try:
            # Any vector will do: without a threshold, each point of the owner is near enough.
            while found := (
                await self._client.query_points(COLLECTION, query=ANY, query_filter=own, limit=REMOVED_AT_ONCE)
            ).points:
                await self._client.delete(
                    COLLECTION, models.PointIdsList(points=[each.id for each in found]), wait=True
                )
        except UnexpectedResponse as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                raise


def _point(owner: uuid.UUID, todo: Todo, vector: list[float]) -> models.PointStruct:
    payload = {OWNER: str(owner), TODO: str(todo.id), CHANGED: todo.updated_at.isoformat()}
    return models.PointStruct(id=_point_of(owner, todo.id), vector=vector, payload=payload)


def _point_of(owner: uuid.UUID, todo: uuid.UUID) -> str:
    """The id of a point: of the owner, too, so that nobody can replace or remove another's."""
    return str(uuid.uuid5(owner, str(todo)))


def _cursor_of(owner: uuid.UUID) -> str:
    return str(uuid.uuid5(owner, "cursor"))


def text_of(todo: Todo) -> str:
    """What a todo's vector is made of."""
    return f"{todo.title} {todo.description}"
