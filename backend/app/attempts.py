"""How often somebody may try a password, or make an account."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import HTTPException, Request

from app.models import User
from chassis.problems import problem_responses
from chassis.rate_limit import RateLimit, client_of

LIMITED = problem_responses(HTTPStatus.TOO_MANY_REQUESTS)


async def count_sign_in(request: Request, name: str) -> None:
    """Count a try of a password: by address, and by name, as many addresses may try one name.

    Raises:
        HTTPException: there are too many (429).
    """
    limit: RateLimit = request.app.state.sign_in_limit
    await _count(limit, "sign-in", "address", client_of(request))
    await _count(limit, "sign-in", "name", name)


async def count_confirmation(request: Request, user: User) -> None:
    """Count a try of the password of who is signed in: apart from sign-ins, which anybody may use up.

    Raises:
        HTTPException: there are too many (429).
    """
    await _count(request.app.state.sign_in_limit, "confirmation", str(user.id))


async def count_sign_up(request: Request) -> None:
    """Count a new account, by address.

    Raises:
        HTTPException: there are too many (429).
    """
    await _count(request.app.state.sign_up_limit, "sign-up", "address", client_of(request))


async def _count(limit: RateLimit, *client: str) -> None:
    if seconds := await limit.wait(*client):
        detail = f"that is too often; try again in {seconds} s"
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(seconds)})
