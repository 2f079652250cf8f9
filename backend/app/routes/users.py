"""Accounts: anybody may create one; only its user may change or delete it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from structlog import get_logger

from app.attempts import LIMIT_RESPONSES, count_confirmation, count_sign_up
from app.models import IdempotencyKey, Todo, User
from app.passwords import Passwords, PasswordsDep
from app.sessions import SIGN_IN_RESPONSES, UserDep, begin_session, end_sessions, not_signed_in_error
from app.users import lock_user
from app.views import Confirmation, Credentials, PasswordChange, UserView
from chassis.database import SessionDep
from chassis.problems import problem_responses
from chassis.session_cookie import remove_session

router = APIRouter(tags=["users"])
REMOVAL_BATCH = 20_000  # todos in a statement
CONFIRMATION_RESPONSES = {**SIGN_IN_RESPONSES, **LIMIT_RESPONSES, **problem_responses(HTTPStatus.FORBIDDEN)}


@router.post(
    "/users", status_code=HTTPStatus.CREATED, responses={**LIMIT_RESPONSES, **problem_responses(HTTPStatus.CONFLICT)}
)
async def sign_up(
    new: Credentials, session: SessionDep, passwords: PasswordsDep, request: Request, response: Response
) -> UserView:
    """Make an account, and sign in."""
    await count_sign_up(request)
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


@router.put("/password", status_code=HTTPStatus.NO_CONTENT, responses=CONFIRMATION_RESPONSES)
async def change_password(
    *,
    change: PasswordChange,
    user: UserDep,
    session: SessionDep,
    passwords: PasswordsDep,
    request: Request,
    response: Response,
) -> None:
    """Change the password, and sign out everywhere else."""
    stored_hash = await _confirm(session, passwords, request, user, change.password)
    await passwords.refuse_weak(change.new_password, user.name, "new_password")
    # Only after the old password matched: otherwise each guess would cost two hashes.
    new_hash = await passwords.hash(change.new_password)
    user = await _lock(session, user, stored_hash)
    user.password_hash = new_hash
    await end_sessions(session, user)
    await begin_session(session, request, response, user)
    await session.commit()
    await get_logger().ainfo("password changed", user=str(user.id))


@router.delete("/user", status_code=HTTPStatus.NO_CONTENT, responses=CONFIRMATION_RESPONSES)
async def delete_user(
    *,
    confirmation: Confirmation,
    user: UserDep,
    session: SessionDep,
    passwords: PasswordsDep,
    request: Request,
    response: Response,
) -> None:
    """Remove the account, its sessions and its todos."""
    stored_hash = await _confirm(session, passwords, request, user, confirmation.password)
    user = await _lock(session, user, stored_hash)
    await end_sessions(session, user)
    while await _remove_todos(session, user):  # in batches: one statement for all could exceed its time limit
        await session.commit()
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.key.startswith(f"{user.id} ")))
    await session.execute(delete(User).where(User.id == user.id))
    await session.commit()
    remove_session(request, response)
    await get_logger().ainfo("account removed", user=str(user.id))


async def _remove_todos(session: SessionDep, user: User) -> bool:
    """Delete one batch of a user's todos; returns whether there were any."""
    batch = select(Todo.id).where(Todo.owner_id == user.id).limit(REMOVAL_BATCH)
    removal = delete(Todo).where(Todo.id.in_(batch)).returning(Todo.id)
    return (await session.execute(removal, execution_options={"synchronize_session": False})).first() is not None


async def _confirm(session: SessionDep, passwords: Passwords, request: Request, user: User, password: str) -> str:
    """Check the user's password; returns its stored hash.

    Raises:
        HTTPException: the password is wrong (403), or there were too many attempts (429).
    """
    await count_confirmation(request, user)
    await session.commit()  # releases the connection while the password is hashed
    stored_hash = user.password_hash
    if not await passwords.match(password, stored_hash):
        raise HTTPException(HTTPStatus.FORBIDDEN, "the password is wrong")
    return stored_hash


async def _lock(session: SessionDep, user: User, stored_hash: str) -> User:
    """Lock the user until the transaction ends.

    Raises:
        HTTPException: the account was deleted or its password changed since it was confirmed (401).
    """
    if (locked_user := await lock_user(session, user.name, stored_hash)) is None:
        raise not_signed_in_error()
    return locked_user
