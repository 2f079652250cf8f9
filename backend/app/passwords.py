"""Passwords: how they are compared, and what is stored of them."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from functools import cache
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from pydantic import AfterValidator, Field

from chassis.fields import WithoutNul

# NIST SP 800-63B-4, 3.1.1.2: 15 characters where a password is the only factor, Unicode normalised to NFKC.
SHORTEST, LONGEST = 15, 256
# Argon2id as OWASP's Password Storage Cheat Sheet has it: 19 MiB, two passes, one thread.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE = 2  # 38 MiB of memory, however many sign in

Password = Annotated[
    str,
    Field(min_length=SHORTEST, max_length=LONGEST, json_schema_extra={"format": "password"}),
    WithoutNul(),
    AfterValidator(lambda text: unicodedata.normalize("NFKC", text)),
]


class Passwords:
    """Hashes and compares passwords, a few at once, in threads of their own."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """What is stored of a password: its argon2id hash, with a salt of its own."""
        async with self._free:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def match(self, password: str, stored: str | None) -> bool:
        """Whether `stored` is the hash of a password; None where there is no user, which takes the same time."""
        async with self._free:
            return await asyncio.to_thread(_match, password, stored)


def _match(password: str, stored: str | None) -> bool:
    try:
        return _HASHER.verify(stored or _hash_of_nobody(), password) and stored is not None
    except VerifyMismatchError:
        return False


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe())
