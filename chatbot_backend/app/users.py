"""Find the user of a request's session, by asking the backend."""

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
from chassis.rate_limit import identify_client
from chassis.session_cookie import NAME, read_session

SIGN_IN = "sign in first"
CHALLENGE = {"WWW-Authenticate": "Session"}  # the same as the backend's: HTTP requires one with each 401
# Characters that cannot end a Cookie header's value: the backend's tokens have no others.
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")
_cookie = APIKeyCookie(name=NAME, description="Over HTTPS its name is `__Host-session`.", auto_error=False)


@dataclass(frozen=True)
class User:
    """The signed-in user.

    Attributes:
        token: of the session, sent with requests to the backend.
    """

    id: uuid.UUID
    token: str = field(repr=False)


class _Session(BaseModel):
    id: uuid.UUID


async def _find_user(request: Request, response: Response, _: Annotated[str | None, Security(_cookie)]) -> User:
    """Find the user of the request's session.

    Raises:
        HTTPException: there is no such session (401), the address has sent too many unknown tokens (429), or the
            backend does not answer (503).
    """
    response.headers["Cache-Control"] = "no-store"  # the answer is for this user only
    backend: Backend = request.app.state.backend
    token = read_session(request)
    if token is None or not TOKEN.fullmatch(token):
        raise HTTPException(HTTPStatus.UNAUTHORIZED, SIGN_IN, CHALLENGE)
    address = (identify_client(request), "sessions")
    await refuse_beyond_limit(request, *address, count=False)  # before the backend checks one more guess
    try:
        return User(_Session.model_validate(await backend.ask(token, "GET", "/session")).id, token)
    except NotSignedInError:
        await refuse_beyond_limit(request, *address)
        raise HTTPException(HTTPStatus.UNAUTHORIZED, SIGN_IN, CHALLENGE) from None
    except (BackendUnavailableError, BackendRefusedError, ValidationError) as error:
        detail = "who is signed in cannot be found out just now; try again"
        headers = {"Retry-After": str(RETRY_SECONDS)}
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers) from error


UserDep = Annotated[User, Depends(_find_user)]
