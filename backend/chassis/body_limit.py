"""Limit the size of request bodies."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.problems import problem

DEFAULT_LARGEST_BODY = 2**20  # bytes; a service may set less. The web app's server refuses more than 1 MB (Caddyfile)


class BodyLimit:
    """ASGI middleware: answers a request with a larger body 413, without keeping the body in memory.

    Starlette's own middleware counts bodies of unknown length; the application's handlers answer its error. A
    declared Content-Length is checked here, as Starlette would answer it in plain text.
    """

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.largest = largest
        self.limited_app = RequestBodyLimitMiddleware(app, largest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if length.isdecimal() and int(length) > self.largest:
            detail = f"the body has {length} bytes; send at most {self.largest}"
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)(scope, receive, send)
            return
        await self.limited_app(scope, receive, send)
