"""Find the words of a text that carry its meaning."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+")
# Stop words: they say nothing about a todo.
_STOP = """
a about again all also am an and any anything are as at be been but by can could did do does for from get had
has have i if in into is it its just list me my need of on or our please should so some something task tasks
that the their them then there these they this to todo todos us was we were what when where which who will with
you your
"""
STOP = frozenset(WORD.findall(_STOP))


def find_words(text: str) -> list[str]:
    """The words of a text in lower case, in order, without stop words."""
    return [word for word in WORD.findall(text.casefold()) if word not in STOP]
