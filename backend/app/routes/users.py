"""Accounts: made by anybody, changed and removed by their own user."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from structlog import get_logger

from app.attempts import LIMITED, count_confirmation, count_sign_up
from app.models import IdempotencyKey, Todo, User
from app.passwords import Passwords
from app.sessions import SIGNED_IN, UserDep, begin_session, end_sessions, signed_out
from app.users import lock_user
from app.views import Confirmation, Credentials, PasswordChange, UserView
from chassis.database import SessionDep
from chassis.problems import problem_responses
from chassis.session_cookie import remove_session

router = APIRouter(tags=["users"])
MOST_REMOVED = 20_000  # todos in a statement
CONFIRMED = {**SIGNED_IN, **LIMITED, **problem_responses(HTTPStatus.FORBIDDEN)}


@router.post(
    "/users", status_code=HTTPStatus.CREATED, responses={**LIMITED, **problem_responses(HTTPStatus.CONFLICT)}
)
async def sign_up(new: Credentials, session: SessionDep, request: Request, response: Response) -> UserView:
    """Make an account, and sign in."""
    await count_sign_up(request)
    passwords: Passwords = request.app.state.passwords
    await passwords.refuse_weak(new.password, new.name, "password")
    user = User(name=new.name, password_hash=await passwords.hash(new.password))
    session.add(user)
    try:
        await session.flush()
    except IntegrityError:
        raise HTTPException(HTTPStatus.CONFLICT, f"the name {new.name} is taken; take another one") from None
    await begin_session(session, request, response, user)
    await session.commit()
    await get_logger().ainfo("signed up", user=str(user.id))
    return UserView.model_validate(user)


@router.put("/password", status_code=HTTPStatus.NO_CONTENT, responses=CONFIRMED)
async def change_password(
    change: PasswordChange, user: UserDep, session: SessionDep, request: Request, response: Response
) -> None:
    """Change the password, and sign out everywhere else."""
    stored = await _confirm(session, request, user, change.password)
    passwords: Passwords = request.app.state.passwords
    await passwords.refuse_weak(change.new_password, user.name, "new_password")
    new = await passwords.hash(change.new_password)  # only now, or who guesses has two hashes made for each guess
    user = await _lock(session, user, stored)
    user.password_hash = new
    await end_sessions(session, user)
    await begin_session(session, request, response, user)
    await session.commit()
    await get_logger().ainfo("password changed", user=str(user.id))


@router.delete("/user", status_code=HTTPStatus.NO_CONTENT, responses=CONFIRMED)
async def delete_user(
    confirmation: Confirmation, user: UserDep, session: SessionDep, request: Request, response: Response
) -> None:
    """Remove the account, its sessions and its todos."""
    stored = await _confirm(session, request, user, confirmation.password)
    user = await _lock(session, user, stored)
    await end_sessions(session, user)
    while await _remove_todos(session, user):  # at once, hundreds of thousands would take longer than a statement may
        await session.commit()
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.key.startswith(f"{user.id} ")))
    await session.execute(delete(User).where(User.id == user.id))
    await session.commit()
    remove_session(request, response)
    await get_logger().ainfo("account removed", user=str(user.id))


async def _remove_todos(session: SessionDep, user: User) -> bool:
    """Remove some todos; returns whether there were any."""
    some = select(Todo.id).where(Todo.owner_id == user.id).limit(MOST_REMOVED)
    removal = delete(Todo).where(Todo.id.in_(some)).returning(Todo.id)
    return (await session.execute(removal, execution_options={"synchronize_session": False})).first() is not None


async def _confirm(session: SessionDep, request: Request, user: User, password: str) -> str:
    """Compare the password with the user's, whose hash is returned.

    Raises:
        HTTPException: it is another one (403), or it was tried too often (429).
    """
    await count_confirmation(request, user)
    await session.commit()  # the connection is free for others meanwhile
    passwords: Passwords = request.app.state.passwords
    stored = user.password_hash
    if not await passwords.match(password, stored):
        raise HTTPException(HTTPStatus.FORBIDDEN, "the password is wrong")
    return stored


async def _lock(session: SessionDep, user: User, stored: str) -> User:
    """The user, until the transaction ends.

    Raises:
        HTTPException: the account or the password that was confirmed has gone meanwhile (401).
    """
    if (locked := await lock_user(session, user.name, stored)) is None:
        raise signed_out()
    return locked
