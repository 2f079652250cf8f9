"""CHAT_LIMIT, and the answer beyond it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import HTTPException, Request


async def refuse_beyond_limit(request: Request, *client: str, count: bool = True) -> None:
    """Count a request of a client.

    Args:
        client: whose share it is, and of what: a user's id, an address.
        count: False: only look whether there is one left.

    Raises:
        HTTPException: it is one too many (429).
    """
    state = request.app.state
    seconds = await state.rate_limit.wait(*client, count=count)
    if seconds:
        state.limited.inc()
        detail = f"that is more than {state.settings.chat_limit}; try again in {seconds} s"
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(seconds)})
