"""Enforce CHAT_LIMIT."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import HTTPException, Request


async def refuse_beyond_limit(request: Request, *client: str, count: bool = True) -> None:
    """Count a request of a client, and refuse it if there are too many.

    Args:
        client: the parts of the limit's key, such as a user's id or an address.
        count: False checks the limit without counting this request.

    Raises:
        HTTPException: the limit is exceeded (429).
    """
    state = request.app.state
    seconds = await state.rate_limit.wait(*client, count=count)
    if seconds:
        state.limited.inc()
        detail = f"that is more than {state.settings.chat_limit}; try again in {seconds} s"
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(seconds)})
