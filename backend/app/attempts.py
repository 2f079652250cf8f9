"""Rate limits for password attempts and new accounts."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import HTTPException, Request

from app.models import User
from chassis.problems import problem_responses
from chassis.rate_limit import RateLimit, identify_client

LIMIT_RESPONSES = problem_responses(HTTPStatus.TOO_MANY_REQUESTS)


async def count_sign_in(request: Request, name: str) -> None:
    """Count a password attempt by address and by name, as many addresses may try the same name.

    Raises:
        HTTPException: there are too many (429).
    """
    limit: RateLimit = request.app.state.sign_in_limit
    await _count(limit, "sign-in", "address", identify_client(request))
    await _count(limit, "sign-in", "name", name)


async def count_confirmation(request: Request, user: User) -> None:
    """Count a password attempt of a signed-in user, separately from sign-ins, whose limit anybody can use up.

    Raises:
        HTTPException: there are too many (429).
    """
    await _count(request.app.state.sign_in_limit, "confirmation", str(user.id))


async def count_sign_up(request: Request) -> None:
    """Count a new account, by address.

    Raises:
        HTTPException: there are too many (429).
    """
    await _count(request.app.state.sign_up_limit, "sign-up", "address", identify_client(request))


async def _count(limit: RateLimit, *client: str) -> None:
    if seconds := await limit.wait(*client):
        detail = f"that is too often; try again in {seconds} s"
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(seconds)})
