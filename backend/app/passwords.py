"""Hash, compare and validate passwords."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Annotated, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field

from app.weak_passwords import find_weakness
from chassis.fields import WithoutNul

# NIST SP 800-63B-4, 3.1.1.2: 15 characters where a password is the only factor, Unicode normalised to NFKC.
MIN_LENGTH, MAX_LENGTH = 15, 256
# Argon2id with the parameters of OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one thread.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
MAX_CONCURRENT = 2  # limits memory to 38 MiB, however many users sign in
MAX_WAITING = 20  # a wait of a second or two
Result = TypeVar("Result")


def _normalize(text: str) -> str:
    normalized = unicodedata.normalize("NFKC", text)
    if not MIN_LENGTH <= len(normalized) <= MAX_LENGTH:
        raise ValueError(f"has {len(normalized)} characters; write {MIN_LENGTH} to {MAX_LENGTH}")
    return normalized


Password = Annotated[
    str,
    Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, json_schema_extra={"format": "password"}),
    WithoutNul(),
    AfterValidator(_normalize),
]


class TooManyPasswordsError(Exception):
    """Too many requests are waiting for a password to be hashed or compared."""


class Passwords:
    """Hashes and compares passwords in threads, a few at a time.

    Every method may raise TooManyPasswordsError.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MAX_CONCURRENT)
        self._waiting = 0

    async def refuse_weak(self, password: str, name: str, field: str) -> None:
        """Refuse a new password that is easy to guess.

        Args:
            name: of the user.
            field: of the request's body that has the password.

        Raises:
            RequestValidationError: the password is easy to guess (422).
        """
        if weakness := await self._run(find_weakness, password, name):
            raise RequestValidationError([{"loc": ("body", field), "msg": weakness, "type": "weak_password"}])

    async def hash(self, password: str) -> str:
        """Hash a password with argon2id and a random salt."""
        return await self._run(_HASHER.hash, password)

    async def match(self, password: str, stored_hash: str | None) -> bool:
        """Whether a password matches its stored hash; without a hash (no such user), False after the same time."""
        return await self._run(_match, password, stored_hash)

    async def _run(self, work: Callable[..., Result], *arguments: str | None) -> Result:
        if self._waiting >= MAX_WAITING:
            raise TooManyPasswordsError
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(work, *arguments)
        finally:
            self._waiting -= 1


def _match(password: str, stored_hash: str | None) -> bool:
    try:
        return _HASHER.verify(stored_hash or _make_dummy_hash(), password) and stored_hash is not None
    except VerifyMismatchError:
        return False


@cache
def _make_dummy_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


async def _get_passwords(request: Request) -> Passwords:
    passwords: Passwords = request.app.state.passwords
    return passwords


PasswordsDep = Annotated[Passwords, Depends(_get_passwords)]
