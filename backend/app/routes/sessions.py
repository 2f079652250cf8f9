"""Sign in and out."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import select
from structlog import get_logger

from app.attempts import LIMIT_RESPONSES, count_sign_in
from app.models import User
from app.passwords import PasswordsDep
from app.sessions import SIGN_IN_RESPONSES, UserDep, begin_session, end_session, end_sessions
from app.users import lock_user
from app.views import Credentials, UserView
from chassis.database import SessionDep
from chassis.session_cookie import remove_session

router = APIRouter(tags=["sessions"])


@router.post("/session", status_code=HTTPStatus.CREATED, responses={**SIGN_IN_RESPONSES, **LIMIT_RESPONSES})
async def sign_in(
    credentials: Credentials, session: SessionDep, passwords: PasswordsDep, request: Request, response: Response
) -> UserView:
    """Sign in; the cookie is good for 14 days."""
    await count_sign_in(request, credentials.name)
    user = await session.scalar(select(User).where(User.name == credentials.name))
    await session.commit()  # releases the connection while the password is hashed
    stored_hash = user.password_hash if user else None
    if await passwords.match(credentials.password, stored_hash):
        user = await lock_user(session, credentials.name, stored_hash)
    else:
        user = None
    if user is None:
        await get_logger().awarning("sign-in refused")
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "the name or the password is wrong")
    await begin_session(session, request, response, user)
    await session.commit()
    await get_logger().ainfo("signed in", user=str(user.id))
    return UserView.model_validate(user)


@router.get("/session", responses=SIGN_IN_RESPONSES)
async def read_session(user: UserDep) -> UserView:
    """Who is signed in."""
    return UserView.model_validate(user)


@router.delete("/session", status_code=HTTPStatus.NO_CONTENT)
async def sign_out(session: SessionDep, request: Request, response: Response) -> None:
    """End this session, if there is one."""
    await end_session(session, request)
    await session.commit()
    remove_session(request, response)


@router.delete("/sessions", status_code=HTTPStatus.NO_CONTENT, responses=SIGN_IN_RESPONSES)
async def sign_out_everywhere(user: UserDep, session: SessionDep, request: Request, response: Response) -> None:
    """End every session of the user, in every browser."""
    await end_sessions(session, user)
    await session.commit()
    remove_session(request, response)
    await get_logger().ainfo("signed out everywhere", user=str(user.id))
