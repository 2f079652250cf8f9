"""Connections that end without an answer."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

KEY = "slipway.drop"


class DroppableConnections:
    """An ASGI application whose requests can cut their connection: `await drop(request.scope)`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[KEY] = partial(_abort, send)
        await self._app(scope, receive, send)


async def drop(scope: Scope) -> None:
    """Cut the connection of a request; without a server under it, as in a test of the application, do nothing."""
    if KEY in scope:
        await scope[KEY]()


async def _abort(send: Send) -> None:
    # ASGI has no message for it. uvicorn's `send` is a method of the object that has the transport.
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0.01)  # until the server has noticed; then it discards the answer
