"""Run a request that is repeated with the same `Idempotency-Key` once, and repeat its first answer.

As in draft-ietf-httpapi-idempotency-key-header: a key that is reused with another body gets 422, and one whose first
request is still running gets 409.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, HTTPException
from pydantic import AfterValidator, BaseModel
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import IdempotencyKey
from app.views import TodoView
from chassis.columns import now

MAX_KEY_LENGTH = 255  # characters of a key
LIFETIME = dt.timedelta(hours=24)
WAIT_SECONDS = 2  # for the first request with the same key
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE
# A structured header's string in quotes, as in the draft, or without quotes, as many clients send it.
KEY = rf'^("[ !#-\[\]-~]{{1,{MAX_KEY_LENGTH}}}"|[!#-~]{{1,{MAX_KEY_LENGTH}}})$'


def _unquote(key: str) -> str:
    if not re.match(KEY, key):
        raise ValueError(f"is no key; write 1 to {MAX_KEY_LENGTH} characters such as a UUID, in quotes")
    return key.strip('"')


KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Names the request: repeated with it and with the same body within 24 hours, it is done once.",
        json_schema_extra={"pattern": KEY},
    ),
    AfterValidator(lambda key: None if key is None else _unquote(key)),
]


async def run_once(
    session: AsyncSession, key: str, body: BaseModel, make: Callable[[], Awaitable[TodoView]]
) -> TodoView:
    """Call `make` and store its result, or return the result stored for this key.

    This happens in the session's transaction, which stays open.

    Raises:
        HTTPException: the key was used with another body, or its first request has no answer yet.
    """
    fingerprint = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    if (answer := await _find(session, key, fingerprint)) is not None:
        return TodoView.model_validate_json(answer)
    record = IdempotencyKey(key=key, fingerprint=fingerprint, answer="")
    try:
        await _insert(session, record)
    except IntegrityError:  # another request has just committed this key
        await session.rollback()
        if (answer := await _find(session, key, fingerprint)) is None:
            raise _conflict_error() from None
        return TodoView.model_validate_json(answer)
    view = await make()
    record.answer = view.model_dump_json()
    return view


async def _find(session: AsyncSession, key: str, fingerprint: str) -> str | None:
    query = select(IdempotencyKey.fingerprint, IdempotencyKey.answer).where(
        IdempotencyKey.key == key, IdempotencyKey.created_at > now() - LIFETIME
    )
    row = (await session.execute(query)).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key was used with another body; take a new one"
        )
    return str(row.answer)


async def _insert(session: AsyncSession, record: IdempotencyKey) -> None:
    """Insert the key, so that requests with the same key wait for this one, and delete expired keys."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
    expired = select(IdempotencyKey.key).where(IdempotencyKey.created_at <= now() - LIFETIME)
    await session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.key.in_(expired.with_for_update(skip_locked=True))),
        execution_options={"synchronize_session": False},
    )
    session.add(record)
    try:
        await session.flush()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise _conflict_error() from error
        raise


def _conflict_error() -> HTTPException:
    return HTTPException(HTTPStatus.CONFLICT, "the first request with this Idempotency-Key is not answered yet")
