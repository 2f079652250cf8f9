"""The routes of collections and points. They run in threads, and answer in Qdrant's envelope."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from typing import Annotated, Any, ParamSpec

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from qdrant_edge import (
    CountRequest,
    EdgeShard,
    FieldCondition,
    Filter,
    KeywordIndexParams,
    MatchValue,
    Point,
    Query,
    QueryRequest,
    Record,
    ScoredPoint,
    SearchParams,
)
from qdrant_edge import UpdateOperation as Update

from . import bodies
from .store import Collection, Store

# What Qdrant's client wants to read of a collection and has no effect here: Qdrant's defaults.
TUNING: dict[str, Any] = {
    "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
    "optimizer_config": {
        "deleted_threshold": 0.2,
        "vacuum_min_vector_number": 1000,
        "default_segment_number": 0,
        "flush_interval_sec": 5,
    },
}
P = ParamSpec("P")
everything = APIRouter(prefix="/collections")
one = APIRouter(prefix="/collections/{name}")


async def _store(request: Request) -> Store:
    held: Store = request.app.state.store
    return held


Held = Annotated[Store, Depends(_store)]


def _collection(store: Held, name: str) -> Collection:
    return store.get(name)


Named = Annotated[Collection, Depends(_collection)]


def enveloped(work: Callable[P, Any]) -> Callable[P, JSONResponse]:
    """The same function, for FastAPI: what it returns becomes the `result` of a success."""

    @functools.wraps(work)
    def call(*args: P.args, **kwargs: P.kwargs) -> JSONResponse:
        started = time.perf_counter()
        result = work(*args, **kwargs)
        return JSONResponse({"result": result, "status": "ok", "time": time.perf_counter() - started})

    # FastAPI would otherwise hold the envelope against what the function itself returns
    signature = inspect.signature(work).replace(return_annotation=JSONResponse)
    call.__signature__ = signature  # type: ignore[attr-defined]  # `inspect` reads it from every function
    return call


@everything.get("")
@enveloped
def index(store: Held) -> dict[str, Any]:
    return {"collections": [{"name": name} for name in store.names()]}


@one.get("/exists")
@enveloped
def exists(store: Held, name: str) -> dict[str, bool]:
    return {"exists": name in store.names()}


@one.get("")
@enveloped
def describe(collection: Named) -> dict[str, Any]:
    info = collection.call(EdgeShard.info)
    return {
        "status": "green",
        "optimizer_status": "ok",
        "indexed_vectors_count": info.indexed_vectors_count,
        "points_count": info.points_count,
        "segments_count": info.segments_count,
        "config": {"params": collection.settings.model_dump(), **TUNING},
        "payload_schema": {name: _described(each.params, each.points) for name, each in info.payload_schema.items()},
    }


@one.put("")
@enveloped
def create(store: Held, name: str, body: bodies.CreateCollection) -> bool:
    store.create(name, body)
    return True


@one.delete("")
@enveloped
def remove(store: Held, name: str) -> bool:
    return store.remove(name)


@one.put("/points")
@enveloped
def upsert(collection: Named, body: bodies.PointsList, wait: bool = False) -> dict[str, str]:
    # All are looked at before the engine sees one: it refuses a bad point after it has stored those before it.
    points = [
        Point(point.id, collection.check_dimensions(point.vector), point.payload or {}) for point in body.points
    ]
    return collection.write(Update.upsert_points(points), wait=wait)


@one.post("/points/delete")
@enveloped
def delete(collection: Named, body: bodies.PointIds, wait: bool = False) -> dict[str, str]:
    return collection.write(Update.delete_points([*body.points]), wait=wait)


@one.post("/points")
@enveloped
def retrieve(collection: Named, body: bodies.PointRequest) -> list[dict[str, Any]]:
    found = collection.call(lambda shard: shard.retrieve([*body.ids], body.with_payload, body.with_vector))
    return [_written(record) for record in found]


@one.put("/index")
@enveloped
def create_index(collection: Named, body: bodies.CreateIndex, wait: bool = False) -> dict[str, str]:
    """Index a field of the payloads; one that is there stays."""
    keyword = KeywordIndexParams(is_tenant=body.field_schema.is_tenant)
    return collection.write(Update.create_field_index(body.field_name, keyword), wait=wait)


@one.post("/points/query")
@enveloped
def query(collection: Named, body: bodies.QueryRequest) -> dict[str, Any]:
    """The nearest points, in the engine's order: nearest first."""
    asked = QueryRequest(
        query=Query.Nearest(collection.check_dimensions(body.query)),
        params=SearchParams(exact=True),  # there is no index to search by
        filter=_filter(body.filter),
        score_threshold=body.score_threshold,
        limit=body.limit,
        with_vector=body.with_vector,
        with_payload=body.with_payload,
    )
    found = collection.call(lambda shard: shard.query(asked))
    return {"points": [_written(point) for point in found]}


@one.post("/points/count")
@enveloped
def count(collection: Named, body: bodies.CountRequest) -> dict[str, int]:
    asked = CountRequest(exact=body.exact, filter=_filter(body.filter))
    return {"count": collection.call(lambda shard: shard.count(asked))}


def _filter(asked: bodies.Filter | None) -> Filter | None:
    if asked is None:
        return None
    return Filter(must=[FieldCondition(each.key, match=MatchValue(each.match.value)) for each in asked.must])


def _described(params: object, points: int) -> dict[str, Any]:
    """An index of a payload's field; there is one kind of it."""
    is_tenant = params.is_tenant if isinstance(params, KeywordIndexParams) else None
    tenant = {} if is_tenant is None else {"is_tenant": is_tenant}
    return {"data_type": "keyword", "params": {"type": "keyword", **tenant}, "points": points}


def _written(point: Record | ScoredPoint) -> dict[str, Any]:
    """A point in JSON; what was not asked for is not there."""
    made: dict[str, Any] = {"id": point.id if isinstance(point.id, int) else str(point.id)}
    if isinstance(point, ScoredPoint):
        made |= {"version": point.version, "score": point.score}
    if point.payload is not None:
        made["payload"] = point.payload
    if point.vector is not None:
        made["vector"] = point.vector
    return made
