"""The routes that write points."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from qdrant_edge import EdgeShard, Filter, UpdateOperation

from .collection import Collection
from .filters import engine_filter
from .points import finite_payload, ids, points
from .replies import QdrantError, answer, malformed, of_type, taken, waits
from .store import Store


def writing_routes(store: Store) -> APIRouter:
    """What writes the points of a collection, on a store."""
    routes = APIRouter(prefix="/collections/{name}/points")

    @routes.put("")
    async def upsert(request: Request, name: str) -> Response:
        wait = waits(request)

        def work(body: Any) -> dict[str, Any]:
            collection = store.get(name)
            operation = UpdateOperation.upsert_points(points(body, collection.settings))
            return collection.write(operation, wait=wait)

        return await answer(request, work)

    @routes.post("/delete")
    async def delete(request: Request, name: str) -> Response:
        wait = waits(request)

        def work(body: Any) -> dict[str, Any]:
            collection = store.get(name)
            asked = taken(body, "PointsSelector", may=("points", "filter"))
            if len(asked) != 1:
                raise malformed("a selector needs one of points, filter")
            if "points" in asked:
                operation = UpdateOperation.delete_points(ids(asked["points"]))
            else:
                operation = UpdateOperation.delete_points_by_filter(_selecting(asked["filter"]))
            return collection.write(operation, wait=wait)

        return await answer(request, work)

    @routes.post("/payload")
    async def set_payload(request: Request, name: str) -> Response:
        wait = waits(request)
        return await answer(request, lambda body: _set_payload(store.get(name), body, wait=wait))

    return routes


def _set_payload(collection: Collection, body: Any, *, wait: bool) -> dict[str, Any]:
    asked = taken(body, "SetPayload", needs=("payload",), may=("points", "filter", "key"))
    payload = finite_payload(asked["payload"])
    key = asked.get("key")
    if key is not None:
        of_type(key, str, "key")
    if ("points" in asked) == ("filter" in asked):
        raise malformed("SetPayload needs one of points, filter")
    try:
        if "filter" in asked:
            operation = UpdateOperation.set_payload_by_filter(_selecting(asked["filter"]), payload, key)
            return collection.write(operation, wait=wait)
        wanted = ids(asked["points"])
        operation = UpdateOperation.set_payload(wanted, payload, key)
    except ValueError as error:  # of a key that is no path
        raise malformed(str(error)) from None

    def all_there(shard: EdgeShard) -> None:
        """The engine refuses a missing point too, after it has changed those before it."""
        held = {found.id for found in shard.retrieve(wanted, False, False)}
        for identity in wanted:
            if identity not in held:
                raise QdrantError(404, f"Not found: No point with id {identity} found")

    return collection.write(operation, wait=wait, first=all_there)


def _selecting(value: Any) -> Filter:
    """The filter of a request that has one; one without conditions selects every point."""
    return engine_filter(value) or Filter()
