"""Ids of points: unsigned whole numbers and UUIDs."""

from __future__ import annotations

import uuid
from typing import Any

from .replies import malformed

LARGEST_ID = 2**64 - 1


def point_id(value: Any) -> int | uuid.UUID:
    """The id that a JSON value stands for.

    Raises:
        QdrantError: 400.
    """
    if type(value) is int and 0 <= value <= LARGEST_ID:
        return value
    if isinstance(value, str):
        try:
            return uuid.UUID(value)
        except ValueError:
            pass
    raise malformed(f"value {value} is not a valid point ID, valid values are either an unsigned integer or a UUID")


def path_id(text: str) -> int | uuid.UUID:
    """The id that a part of a URL's path stands for.

    Raises:
        QdrantError: 400.
    """
    number = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))
    return point_id(int(text) if number else text)


def written_id(value: Any) -> int | str:
    """The id in JSON."""
    return value if isinstance(value, int) else str(value)
