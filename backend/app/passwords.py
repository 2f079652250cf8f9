"""Passwords: how they are compared, and what is stored of them."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Annotated, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field

from app.weak_passwords import find_weakness
from chassis.fields import WithoutNul

# NIST SP 800-63B-4, 3.1.1.2: 15 characters where a password is the only factor, Unicode normalised to NFKC.
SHORTEST, LONGEST = 15, 256
# Argon2id as OWASP's Password Storage Cheat Sheet has it: 19 MiB, two passes, one thread.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE = 2  # 38 MiB of memory, however many sign in
MOST_WAITING = 20  # a second or two; more would wait for longer than they should
Result = TypeVar("Result")


def _normalize(text: str) -> str:
    normalized = unicodedata.normalize("NFKC", text)
    if not SHORTEST <= len(normalized) <= LONGEST:
        raise ValueError(f"has {len(normalized)} characters; write {SHORTEST} to {LONGEST}")
    return normalized


Password = Annotated[
    str,
    Field(min_length=SHORTEST, max_length=LONGEST, json_schema_extra={"format": "password"}),
    WithoutNul(),
    AfterValidator(_normalize),
]


class TooManyPasswordsError(Exception):
    """So many wait to have a password hashed or compared that another one would wait for too long."""


class Passwords:
    """Hashes and compares passwords, a few at once, in threads of their own.

    Its methods raise TooManyPasswordsError.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def refuse_weak(self, password: str, name: str, field: str) -> None:
        """Refuse a new password of a user that is easy to guess.

        Args:
            field: of the request's body, in which it came.

        Raises:
            RequestValidationError: it is (422).
        """
        if weakness := await self._run(find_weakness, password, name):
            raise RequestValidationError([{"loc": ("body", field), "msg": weakness, "type": "weak_password"}])

    async def hash(self, password: str) -> str:
        """What is stored of a password: its argon2id hash, with a salt of its own."""
        return await self._run(_HASHER.hash, password)

    async def match(self, password: str, stored: str | None) -> bool:
        """Whether `stored` is the hash of a password; None where there is no user, which takes the same time."""
        return await self._run(_match, password, stored)

    async def _run(self, work: Callable[..., Result], *arguments: str | None) -> Result:
        if self._waiting >= MOST_WAITING:
            raise TooManyPasswordsError
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(work, *arguments)
        finally:
            self._waiting -= 1


def _match(password: str, stored: str | None) -> bool:
    try:
        return _HASHER.verify(stored or _hash_of_nobody(), password) and stored is not None
    except VerifyMismatchError:
        return False


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe())
