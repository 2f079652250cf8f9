"""A request that is repeated with its `Idempotency-Key` is done once, and answered as the first time.

As draft-ietf-httpapi-idempotency-key-header has it: a key that comes with another body is answered 422, and one whose
first request is being answered still, 409.
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

LONGEST = 255  # characters of a key
KEPT = dt.timedelta(hours=24)
WAIT_SECONDS = 2  # for the first request with the same key
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE
# A structured header's string, in quotes, as the draft has it; or without, as many clients send it.
KEY = rf'^("[ !#-\[\]-~]{{1,{LONGEST}}}"|[!#-~]{{1,{LONGEST}}})$'


def _unquote(key: str) -> str:
    if not re.match(KEY, key):
        raise ValueError(f"is no key; write 1 to {LONGEST} characters such as a UUID, in quotes")
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


async def once(session: AsyncSession, key: str, body: BaseModel, make: Callable[[], Awaitable[TodoView]]) -> TodoView:
    """What `make` returns, or returned when the key was used first; in the session's transaction, which stays open.

    Raises:
        HTTPException: the key was used with another body, or its first request has no answer yet.
    """
    fingerprint = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    if (answer := await _find(session, key, fingerprint)) is not None:
        return TodoView.model_validate_json(answer)
    record = IdempotencyKey(key=key, fingerprint=fingerprint, answer="")
    try:
        await _insert(session, record)
    except IntegrityError:  # another request had the key just now, and has committed
        await session.rollback()
        if (answer := await _find(session, key, fingerprint)) is None:
            raise _busy() from None
        return TodoView.model_validate_json(answer)
    made = await make()
    record.answer = made.model_dump_json()
    return made


async def _find(session: AsyncSession, key: str, fingerprint: str) -> str | None:
    wanted = select(IdempotencyKey.fingerprint, IdempotencyKey.answer).where(
        IdempotencyKey.key == key, IdempotencyKey.created_at > now() - KEPT
    )
    found = (await session.execute(wanted)).first()
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key was used with another body; take a new one"
        )
    return str(found.answer)


async def _insert(session: AsyncSession, record: IdempotencyKey) -> None:
    """Add the key, which makes equal requests wait for this one; and remove the old ones."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
    old = select(IdempotencyKey.key).where(IdempotencyKey.created_at <= now() - KEPT)
    await session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.key.in_(old.with_for_update(skip_locked=True))),
        execution_options={"synchronize_session": False},
    )
    session.add(record)
    try:
        await session.flush()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise _busy() from error
        raise


def _busy() -> HTTPException:
    return HTTPException(HTTPStatus.CONFLICT, "the first request with this Idempotency-Key is not answered yet")
