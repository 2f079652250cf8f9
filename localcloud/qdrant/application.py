"""The application: who may ask, the routes, and what is not offered."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from .collection_routes import collection_routes
from .reading import reading_routes
from .replies import QdrantError, not_offered
from .store import Store
from .writing import writing_routes

SPOKEN = "1.20.0"  # the release of Qdrant's API; its client warns when its own is another
PROBES = {"/healthz": "healthz check passed", "/livez": "livez check passed", "/readyz": "all shards are ready"}
OPEN = frozenset({"/", *PROBES})


def create_application(*, storage: Path, api_key: str | None) -> FastAPI:
    """The API on a folder, which is this application's alone from here to the end of its lifespan.

    Args:
        storage: the folder of the collections; made when missing.
        api_key: what a caller must show, or None for everyone.

    Raises:
        OSError: the folder cannot be written, or another server is on it.
        Exception: a collection in it cannot be opened.
    """
    store = Store(storage)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(store.close)

    app = FastAPI(redirect_slashes=False, openapi_url=None, lifespan=lifespan)
    if api_key is not None:
        app.add_middleware(Gate, api_key=api_key)
    app.add_exception_handler(QdrantError, _refused)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(Exception, _failed)
    app.get("/")(_version)
    for path, text in PROBES.items():
        app.add_api_route(path, _probe(text))
    app.include_router(collection_routes(store))
    app.include_router(reading_routes(store))
    app.include_router(writing_routes(store))
    return app


class Gate:
    """Lets in who shows the key, and everyone to what tells only that the server lives."""

    def __init__(self, app: ASGIApp, api_key: str) -> None:
        self._app = app
        self._key = api_key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        shown = headers.get("api-key")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if shown is None and scheme == "Bearer":
            shown = token
        if shown is None:
            # plain text, as the real server's
            refusal = PlainTextResponse("Must provide an API key or an Authorization bearer token", 401)
            await refusal(scope, receive, send)
        elif not hmac.compare_digest(shown.encode("latin-1"), self._key):
            await PlainTextResponse("Invalid API key or JWT", 401)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _version() -> dict[str, str]:
    engine = f"qdrant-edge-py {version('qdrant-edge-py')}"
    return {"title": f"qdrant - vector search engine (a stand-in on {engine})", "version": SPOKEN}


def _probe(text: str) -> Callable[[], Awaitable[Response]]:
    async def probe() -> Response:
        return PlainTextResponse(text)

    return probe


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, QdrantError):
        raise error
    return error.response()


async def _unknown(request: Request, error: Exception) -> Response:
    """A route or method that is not here is 501: it may well exist in the real server."""
    if not isinstance(error, HTTPException):
        raise error
    return not_offered(f"{request.method} {request.url.path}").response()


async def _failed(_: Request, error: Exception) -> JSONResponse:
    """The server logs the error itself."""
    return QdrantError(500, f"Service internal error: {type(error).__name__}: {error}").response()
