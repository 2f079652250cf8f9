"""Whether a JSON answer contains what is expected of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

LONGEST = 200  # characters of an answered value that are shown
ABSENT = "nothing"


def find_differences(expected: Any, answered: Any, place: str = "") -> Iterator[str]:
    """Find every part of `expected` that `answered` does not contain, each as a sentence.

    A mapping may have more keys than are expected, at any depth; a list has the same number of entries; every other
    value is the same, and of the same type: 1 is neither true nor "1".

    Args:
        place: where both stand in the answer: `build.commit`, `items[0]`.
    """
    if isinstance(expected, dict) and isinstance(answered, dict):
        for key, value in expected.items():
            below = f"{place}.{key}" if place else key
            if key in answered:
                yield from find_differences(value, answered[key], below)
            else:
                yield _describe(below, value, ABSENT)
    elif isinstance(expected, list) and isinstance(answered, list) and len(expected) == len(answered):
        for number, (value, other) in enumerate(zip(expected, answered, strict=True)):
            yield from find_differences(value, other, f"{place}[{number}]")
    elif not _is_same(expected, answered):
        yield _describe(place or "the JSON", expected, show_value(answered))


def show_value(value: Any) -> str:
    """Show a value as JSON, shortened where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = "lists in lists without an end"
    return show_text(text)


def show_text(text: str) -> str:
    """Show a text on one line, shortened where it is long, with what is no character as an escape."""
    shown = " ".join(text[: LONGEST + 1].split()).encode(errors="backslashreplace").decode()
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in shown)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):  # Python's True equals 1
        return one is other
    return bool(one == other)


def _describe(place: str, expected: Any, answered: str) -> str:
    return f"expected {place} {show_value(expected)}, answered {answered}"
