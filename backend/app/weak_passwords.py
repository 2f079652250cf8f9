"""Refuse new passwords that an attacker would guess first (NIST SP 800-63B-4, 3.1.1.2).

zxcvbn has lists of common passwords, names and words, and recognises repeats, sequences and keyboard rows. A plain
list would not do: few entries have 15 characters.
"""

from __future__ import annotations

import re
from typing import Any

from zxcvbn import zxcvbn  # type: ignore[import-untyped] # it has no types

SERVICE_WORDS = ("slipway", "todos", "todo")  # easy to guess for this service
MAX_CHECKED_LENGTH = 32  # zxcvbn takes seconds for longer ones of letter substitutes, as in "p4$$"
LEAST_SCORE = 3  # of 4: more than 10^8 guesses, zxcvbn's "safely unguessable"


def find_weakness(password: str, name: str) -> str | None:
    """Why a password is easy to guess for somebody who knows the user's name; None if it is not.

    The names of the user and the service are removed first: the rest must be hard to guess by itself.
    """
    known_words = "|".join(map(re.escape, sorted({name, *SERVICE_WORDS}, key=len, reverse=True)))
    rest = re.sub(known_words, "", password, flags=re.IGNORECASE)
    worst_result: dict[str, Any] = {"score": 0, "feedback": {"warning": ""}}
    result = zxcvbn(rest[:MAX_CHECKED_LENGTH]) if rest else worst_result
    if result["score"] >= LEAST_SCORE:
        return None
    name_warning = "the user's name and the service's count for nothing" if rest != password else ""
    reasons = "; ".join(each for each in (name_warning, result["feedback"]["warning"].rstrip(".")) if each)
    explanation = f" ({reasons})" if reasons else ""
    return f"is easy to guess{explanation}; write another one, such as four words without a connection"
