"""Who asks: the user of the session whose token came with the request, as the backend knows them."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response, Security
from fastapi.security import APIKeyCookie
from pydantic import BaseModel, ValidationError

from app.backend import Backend, BackendRefusedError, BackendUnavailableError, NotSignedInError
from app.limit import refuse_beyond_limit
from chassis.problems import RETRY_SECONDS
from chassis.rate_limit import client_of
from chassis.session_cookie import NAME, read_session

SIGN_IN = "sign in first"
CHALLENGE = {"WWW-Authenticate": "Session"}  # as the backend's: HTTP asks for one with each 401
# What may stand in a Cookie header without an end of it: anything else is no token of the backend's.
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")
_cookie = APIKeyCookie(name=NAME, description="Over HTTPS its name is `__Host-session`.", auto_error=False)


@dataclass(frozen=True)
class User:
    """Who is signed in.

    Attributes:
        token: of their session, with which the backend is asked in their name.
    """

    id: uuid.UUID
    token: str = field(repr=False)


class _Answer(BaseModel):
    id: uuid.UUID


async def _find_user(request: Request, response: Response, _: Annotated[str | None, Security(_cookie)]) -> User:
    """The user whose session came with the request.

    Raises:
        HTTPException: nobody is signed in (401), so many tokens from the same address were nobody's (429), or the
            backend does not answer (503).
    """
    response.headers["Cache-Control"] = "no-store"  # one user's answer is nobody else's
    backend: Backend = request.app.state.backend
    token = read_session(request)
    if token is None or not TOKEN.fullmatch(token):
        raise HTTPException(HTTPStatus.UNAUTHORIZED, SIGN_IN, CHALLENGE)
    address = (client_of(request), "sessions")
    await refuse_beyond_limit(request, *address, count=False)  # before the backend is asked for one more guess
    try:
        return User(_Answer.model_validate(await backend.ask(token, "GET", "/session")).id, token)
    except NotSignedInError:
        await refuse_beyond_limit(request, *address)
        raise HTTPException(HTTPStatus.UNAUTHORIZED, SIGN_IN, CHALLENGE) from None
    except (BackendUnavailableError, BackendRefusedError, ValidationError) as error:
        detail = "who is signed in cannot be found out just now; try again"
        headers = {"Retry-After": str(RETRY_SECONDS)}
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers) from error


UserDep = Annotated[User, Depends(_find_user)]
