"""The application: authentication, routes and error responses."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from .bodies import NOT_OFFERED
from .routes import everything, one
from .store import QdrantError, Store

SPOKEN = "1.15.4"  # the release that this replaces; Qdrant's client warns when its own is another
PROBES = {"/healthz": "healthz check passed", "/livez": "livez check passed", "/readyz": "all shards are ready"}
OPEN = frozenset({"/", *PROBES})
BOUNDS = frozenset({"greater_than_equal", "less_than_equal"})
NO_ROUTE = frozenset({404, 405})


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
    app.state.store = store
    if api_key is not None:
        app.add_middleware(Gate, api_key=api_key)
    app.add_exception_handler(QdrantError, _handle_qdrant_error)
    app.add_exception_handler(RequestValidationError, _handle_invalid_body)
    app.add_exception_handler(HTTPException, _handle_http_error)
    app.add_exception_handler(Exception, _handle_failure)
    app.get("/")(_version)
    for path in PROBES:
        app.get(path)(_probe)
    app.include_router(everything)
    app.include_router(one)
    return app


class Gate:
    """Middleware that requires the API key, except on probes and `/`."""

    def __init__(self, app: ASGIApp, api_key: str) -> None:
        self._app = app
        self._key = api_key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" and scope["path"] not in OPEN else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            # plain text, as the real server's
            await PlainTextResponse(refusal, 401)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        """Why a request is not let in, or None when it is."""
        headers = Headers(scope=scope)
        shown = headers.get("api-key")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if shown is None and scheme == "Bearer":
            shown = token
        if shown is None:
            return "Must provide an API key or an Authorization bearer token"
        if not hmac.compare_digest(shown.encode("latin-1"), self._key):
            return "Invalid API key or JWT"
        return None


async def _version() -> dict[str, str]:
    engine = f"qdrant-edge-py {version('qdrant-edge-py')}"
    return {"title": f"qdrant - vector search engine (a replacement on {engine})", "version": SPOKEN}


async def _probe(request: Request) -> Response:
    return PlainTextResponse(PROBES[request.url.path])


def _error_response(status: int, message: str) -> JSONResponse:
    return JSONResponse({"status": {"error": message}, "time": 0.0}, status)


async def _handle_qdrant_error(_: Request, error: Any) -> Response:
    return _error_response(error.status, str(error))


async def _handle_invalid_body(request: Request, error: Any) -> Response:
    """What bodies.py does not take: 501 when Qdrant may, 422 when it is out of bounds, otherwise 400."""
    found = {one["type"]: f"`{'.'.join(map(str, one['loc']))}` ({one['msg']})" for one in error.errors()}
    refused = sorted(NOT_OFFERED & found.keys())
    if refused:
        return _not_offered(f"{found[refused[0]]} of {request.method} {request.url.path}")
    if found.keys() <= BOUNDS:
        return _error_response(422, f"Validation error in JSON body: {', '.join(found.values())}")
    return _error_response(400, f"Format error in JSON body: {', '.join(found.values())}")


async def _handle_http_error(request: Request, error: Any) -> Response:
    """A route or method that is not here is 501: it may well exist in the real server."""
    if error.status_code in NO_ROUTE:
        return _not_offered(f"{request.method} {request.url.path}")
    return _error_response(error.status_code, error.detail)


def _not_offered(what: str) -> Response:
    return _error_response(501, f"{what} is not supported by this replacement for Qdrant")


async def _handle_failure(_: Request, error: Exception) -> Response:
    """The server logs the error itself."""
    return _error_response(500, f"Service internal error: {type(error).__name__}: {error}")
