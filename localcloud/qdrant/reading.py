"""The routes that read points."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from qdrant_edge import CountRequest, Query, QueryRequest, ScrollRequest, SearchParams

from .collection import Collection
from .filters import engine_filter
from .identity import path_id, point_id, written_id
from .points import dense, ids, with_payload, with_vector, written
from .replies import QdrantError, answer, malformed, not_offered, of_type, taken, whole
from .store import Store

DEFAULT_LIMIT = 10  # points in an answer
QUERY = ("query", "using", "filter", "params", "score_threshold", "limit", "offset", "with_vector", "with_payload")


def reading_routes(store: Store) -> APIRouter:
    """What reads the points of a collection, on a store."""
    routes = APIRouter(prefix="/collections/{name}/points")

    @routes.post("")
    async def retrieve(request: Request, name: str) -> Response:
        def work(body: Any) -> list[dict[str, Any]]:
            collection = store.get(name)
            asked = taken(body, "PointRequest", needs=("ids",), may=("with_payload", "with_vector"))
            wanted = ids(asked["ids"])
            payload = with_payload(asked.get("with_payload", True))
            vector = with_vector(asked.get("with_vector", False), collection.settings)
            return [
                written(found) for found in collection.read(lambda shard: shard.retrieve(wanted, payload, vector))
            ]

        return await answer(request, work)

    @routes.get("/{identity}")
    async def read(request: Request, name: str, identity: str) -> Response:
        def work(_: Any) -> dict[str, Any]:
            wanted = path_id(identity)
            found = store.get(name).read(lambda shard: shard.retrieve([wanted], True, True))
            if not found:
                raise QdrantError(404, f"Not found: Point with id {identity} does not exists!")
            return written(found[0])

        return await answer(request, work)

    @routes.post("/query")
    async def query(request: Request, name: str) -> Response:
        return await answer(request, lambda body: _queried(store.get(name), [body])[0])

    @routes.post("/query/batch")
    async def query_batch(request: Request, name: str) -> Response:
        def work(body: Any) -> list[dict[str, Any]]:
            searches = taken(body, "QueryRequestBatch", needs=("searches",))["searches"]
            return _queried(store.get(name), of_type(searches, list, "searches"))

        return await answer(request, work)

    @routes.post("/scroll")
    async def scroll(request: Request, name: str) -> Response:
        return await answer(request, lambda body: _scrolled(store.get(name), body))

    @routes.post("/count")
    async def count(request: Request, name: str) -> Response:
        def work(body: Any) -> dict[str, int]:
            asked = taken(body, "CountRequest", may=("filter", "exact"))
            exact = of_type(asked.get("exact", True), bool, "exact")
            wanted = CountRequest(exact=exact, filter=engine_filter(asked.get("filter")))
            return {"count": store.get(name).read(lambda shard: shard.count(wanted))}

        return await answer(request, work)

    return routes


def _queried(collection: Collection, bodies: list[Any]) -> list[dict[str, Any]]:
    """The nearest points for each of some queries, in the engine's order: nearest first."""
    asked = [_query(body, collection) for body in bodies]
    answers = collection.read(lambda shard: [shard.query(one) for one in asked])
    return [{"points": [written(found) for found in nearest]} for nearest in answers]


def _query(body: Any, collection: Collection) -> QueryRequest:
    asked = taken(body, "QueryRequest", may=QUERY)
    given = asked.get("query")
    if isinstance(given, dict) and "nearest" in given:
        given = taken(given, "NearestQuery", needs=("nearest",))["nearest"]
    if not isinstance(given, list):
        raise not_offered("a query by anything but a dense vector")
    using = of_type(asked.get("using", ""), str, "using")
    threshold = asked.get("score_threshold")
    if threshold is not None and type(threshold) not in {int, float}:
        raise malformed("score_threshold must be a number")
    params = taken(asked.get("params", {}), "SearchParams", may=("exact", "hnsw_ef", "indexed_only"))
    if params.get("indexed_only", False) is not False:  # nothing is indexed here: the answer would be empty
        raise not_offered("`indexed_only` of SearchParams")
    whole(params.get("hnsw_ef", 0), "hnsw_ef")
    of_type(params.get("exact", False), bool, "exact")
    return QueryRequest(
        query=Query.Nearest(dense(given, using, collection.settings), using=using),
        filter=engine_filter(asked.get("filter")),
        params=SearchParams(exact=True),  # there is no other index to search by
        score_threshold=threshold,
        limit=whole(asked.get("limit", DEFAULT_LIMIT), "limit", least=1),
        offset=whole(asked.get("offset", 0), "offset"),
        with_vector=with_vector(asked.get("with_vector", False), collection.settings),
        with_payload=with_payload(asked.get("with_payload", False)),
    )


def _scrolled(collection: Collection, body: Any) -> dict[str, Any]:
    """A page of points in the order of their ids, and the id that the next page begins with."""
    asked = taken(body, "ScrollRequest", may=("offset", "limit", "filter", "with_payload", "with_vector"))
    wanted = ScrollRequest(
        offset=point_id(asked["offset"]) if "offset" in asked else None,
        limit=whole(asked.get("limit", DEFAULT_LIMIT), "limit", least=1),
        filter=engine_filter(asked.get("filter")),
        with_payload=with_payload(asked.get("with_payload", True)),
        with_vector=with_vector(asked.get("with_vector", False), collection.settings),
    )
    found, following = collection.read(lambda shard: shard.scroll(wanted))
    return {
        "points": [written(record) for record in found],
        "next_page_offset": None if following is None else written_id(following),
    }
