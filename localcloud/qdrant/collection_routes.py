"""The routes of collections and their indexes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from qdrant_edge import EdgeShard

from .indexes import indexing, unindexing
from .replies import answer, waits
from .settings import settings
from .store import Store


def collection_routes(store: Store) -> APIRouter:
    """What is done with collections, on a store."""
    routes = APIRouter(prefix="/collections")

    @routes.get("")
    async def index(request: Request) -> Response:
        return await answer(request, lambda _: {"collections": [{"name": name} for name in store.names()]})

    @routes.get("/{name}")
    async def describe(request: Request, name: str) -> Response:
        def work(_: Any) -> dict[str, Any]:
            collection = store.get(name)
            return collection.settings.described(collection.read(EdgeShard.info))

        return await answer(request, work)

    @routes.put("/{name}")
    async def create(request: Request, name: str) -> Response:
        return await answer(request, lambda body: store.create(name, settings(body)))

    @routes.delete("/{name}")
    async def remove(request: Request, name: str) -> Response:
        return await answer(request, lambda _: store.remove(name))

    @routes.get("/{name}/exists")
    async def exists(request: Request, name: str) -> Response:
        return await answer(request, lambda _: {"exists": name in store.names()})

    @routes.put("/{name}/index")
    async def create_index(request: Request, name: str) -> Response:
        wait = waits(request)
        return await answer(request, lambda body: store.get(name).write(indexing(body), wait=wait))

    @routes.delete("/{name}/index/{field}")
    async def remove_index(request: Request, name: str, field: str) -> Response:
        wait = waits(request)
        return await answer(request, lambda _: store.get(name).write(unindexing(field), wait=wait))

    return routes
