"""Which new passwords are refused: those that whoever guesses tries first (NIST SP 800-63B-4, 3.1.1.2).

zxcvbn has lists of common passwords, names and words, and knows repeats, sequences and rows of keys: few entries of
the lists have 15 characters.
"""

from __future__ import annotations

import re
from typing import Any

from zxcvbn import zxcvbn  # type: ignore[import-untyped] # it has no types

SERVICE = ("slipway", "todos", "todo")  # words that anybody guesses here
JUDGED = 32  # characters: of more, zxcvbn takes seconds where each may stand for a letter, as in "p4$$"
LEAST_SCORE = 3  # of 4: more than 10^8 guesses, zxcvbn's "safely unguessable"


def find_weakness(password: str, name: str) -> str | None:
    """Why a password is easy to guess for whoever knows its user's name; None when it is not.

    The name and the service's count for nothing: what is left of the password has to do.
    """
    known = "|".join(map(re.escape, sorted({name, *SERVICE}, key=len, reverse=True)))
    rest = re.sub(known, "", password, flags=re.IGNORECASE)
    found: dict[str, Any] = zxcvbn(rest[:JUDGED]) if rest else {"score": 0, "feedback": {"warning": ""}}
    if found["score"] >= LEAST_SCORE:
        return None
    names = "the user's name and the service's count for nothing" if rest != password else ""
    reasons = "; ".join(each for each in (names, found["feedback"]["warning"].rstrip(".")) if each)
    because = f" ({reasons})" if reasons else ""
    return f"is easy to guess{because}; write another one, such as four words without a connection"
