"""Who is signed in: a random token in the browser's cookie, of which the database has only the hash."""

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
MOST_REMOVED = 1000  # ended sessions, of whomever, at each sign-in
TOKEN_BYTES = 32  # random ones: OWASP's Session Management Cheat Sheet asks for 8 at least
SIGNED_IN = problem_responses(HTTPStatus.UNAUTHORIZED)
_cookie = APIKeyCookie(name=NAME, description="Over HTTPS its name is `__Host-session`.", auto_error=False)


async def begin_session(session: AsyncSession, request: Request, response: Response, user: User) -> None:
    """Sign the browser in, and end the session that it had; the caller commits."""
    await end_session(session, request)
    ended = select(UserSession.token_hash).where(UserSession.expires_at <= now()).limit(MOST_REMOVED)
    await session.execute(
        delete(UserSession).where(UserSession.token_hash.in_(ended.with_for_update(skip_locked=True))),
        execution_options={"synchronize_session": False},
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(UserSession(token_hash=_hash(token), user_id=user.id, expires_at=now() + LIFETIME))
    set_session(request, response, token, int(LIFETIME.total_seconds()))


async def end_session(session: AsyncSession, request: Request) -> None:
    """End the session of a request, if it has one; the caller commits."""
    if token := read_session(request):
        await session.execute(delete(UserSession).where(UserSession.token_hash == _hash(token)))


async def end_sessions(session: AsyncSession, user: User) -> None:
    """Sign a user out everywhere; the caller commits."""
    await session.execute(delete(UserSession).where(UserSession.user_id == user.id))


async def _find_user(
    request: Request, response: Response, session: SessionDep, _: Annotated[str | None, Security(_cookie)]
) -> User:
    """The user whose session came with the request.

    Raises:
        HTTPException: none did, or it has ended (401).
    """
    response.headers["Cache-Control"] = "no-store"  # one user's answer is nobody else's
    token, user = read_session(request), None
    if token:
        wanted = select(User).join(UserSession, UserSession.user_id == User.id)
        same = (UserSession.token_hash == _hash(token), UserSession.expires_at > now())
        user = await session.scalar(wanted.where(*same))
    if user is None:
        raise signed_out()
    return user


def signed_out() -> HTTPException:
    """The answer to who is not signed in, or whose account has gone while the request was answered."""
    return HTTPException(HTTPStatus.UNAUTHORIZED, "sign in first", {"WWW-Authenticate": "Session"})


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


UserDep = Annotated[User, Depends(_find_user)]
