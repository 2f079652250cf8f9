"""How much of a request's body is read, and the answer to more of it."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.problems import problem

LARGEST_BODY = 2**20  # bytes; as the web app's server allows (Caddyfile)


class BodyLimit:
    """ASGI middleware: a request with a larger body is answered 413, and its body is not kept in memory.

    Starlette's own middleware counts bodies of unknown length, and its error is answered as any other of the
    application. A length that the client announces is compared here: Starlette would answer it in plain text.
    """

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.largest = largest
        self.counted = RequestBodyLimitMiddleware(app, largest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if length.isdecimal() and int(length) > self.largest:
            detail = f"the body has {length} bytes; send at most {self.largest}"
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)(scope, receive, send)
            return
        await self.counted(scope, receive, send)
