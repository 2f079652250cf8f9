"""Sessions: a random token in the browser's cookie, of which the database stores only the hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response, Security
from fastapi.security import APIKeyCookie
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User, UserSession
from chassis.columns import now
from chassis.database import SessionDep
from chassis.problems import problem_responses
from chassis.session_cookie import NAME, read_session, set_session

LIFETIME = dt.timedelta(days=14)
REMOVAL_BATCH = 1000  # expired sessions, of any user, deleted at each sign-in
TOKEN_BYTES = 32  # OWASP's Session Management Cheat Sheet asks for at least 8 random bytes
SIGN_IN_RESPONSES = problem_responses(HTTPStatus.UNAUTHORIZED)
_cookie = APIKeyCookie(name=NAME, description="Over HTTPS its name is `__Host-session`.", auto_error=False)


async def begin_session(session: AsyncSession, request: Request, response: Response, user: User) -> None:
    """Start a session for the browser and end its previous one; the caller commits."""
    await end_session(session, request)
    expired = select(UserSession.token_hash).where(UserSession.expires_at <= now()).limit(REMOVAL_BATCH)
    await session.execute(
        delete(UserSession).where(UserSession.token_hash.in_(expired.with_for_update(skip_locked=True))),
        execution_options={"synchronize_session": False},
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(UserSession(token_hash=_hash(token), user_id=user.id, expires_at=now() + LIFETIME))
    set_session(request, response, token, int(LIFETIME.total_seconds()))


async def end_session(session: AsyncSession, request: Request) -> None:
    """End the request's session, if it has one; the caller commits."""
    if token := read_session(request):
        await session.execute(delete(UserSession).where(UserSession.token_hash == _hash(token)))


async def end_sessions(session: AsyncSession, user: User) -> None:
    """Sign a user out everywhere; the caller commits."""
    await session.execute(delete(UserSession).where(UserSession.user_id == user.id))


async def _find_user(
    request: Request, response: Response, session: SessionDep, _: Annotated[str | None, Security(_cookie)]
) -> User:
    """Find the user of the request's session.

    Raises:
        HTTPException: the request has no session, or it has expired (401).
    """
    response.headers["Cache-Control"] = "no-store"  # the answer is for this user only
    token, user = read_session(request), None
    if token:
        query = select(User).join(UserSession, UserSession.user_id == User.id)
        is_current = (UserSession.token_hash == _hash(token), UserSession.expires_at > now())
        user = await session.scalar(query.where(*is_current))
    if user is None:
        raise not_signed_in_error()
    return user


def not_signed_in_error() -> HTTPException:
    """The error for a request without a session, or whose account was deleted meanwhile."""
    return HTTPException(HTTPStatus.UNAUTHORIZED, "sign in first", {"WWW-Authenticate": "Session"})


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


UserDep = Annotated[User, Depends(_find_user)]
