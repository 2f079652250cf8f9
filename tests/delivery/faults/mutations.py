"""What other programs say when they are older, newer, broken, or something else altogether."""

from __future__ import annotations

import copy
import json
import random

COUNT = 15  # texts with a value replaced; the foreign ones come on top
FOREIGN = [
    "",
    " \n",
    "null",
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "7",
    "true",
    '"text"',
    "NaN",
    "<html><body>502 Bad Gateway</body></html>",
    "error: no such thing\n",
    "\x00\x01\x02",
    "[" * 100_000,
    "9" * 10_000,
    '{"a": "\\ud800"}',
]
OTHERS = [
    None,
    [],
    {},
    "x",
    "",
    7,
    -1,
    1e308,
    True,
    [None],
    {"x": None},
    "\ud800",
    "x" * 100_000,
    [[]],
    ["x"],
    10**30,
]


def mutate(valid, seed, count=COUNT):
    """Texts like `valid` and unlike it: foreign, cut off, with words before it, and with each value replaced.

    Args:
        valid: JSON.
        seed: the same texts for the same seed.
        count: of those with a value replaced.
    """
    text = json.dumps(valid)
    yield from FOREIGN
    for end in sorted({1, len(text) // 3, len(text) // 2, len(text) - 1}):
        yield text[:end]
    yield f"warning: a newer version is there\n{text}"
    yield f"{text}\n{text}"
    yield "\ufeff" + text
    yield json.dumps([valid] * 3)
    yield json.dumps({"data": valid})
    places = list(_places(valid))
    changes = [(place, other) for place in places for other in OTHERS] + [(place, "delete") for place in places]
    for place, other in random.Random(seed).sample(changes, min(count, len(changes))):
        yield json.dumps(_changed(valid, place, other))


def reorder(valid):
    """The same JSON with the keys of every object in another order."""
    if isinstance(valid, dict):
        return {key: reorder(valid[key]) for key in reversed(valid)}
    return [reorder(entry) for entry in valid] if isinstance(valid, list) else valid


def _places(value, path=()):
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from _places(inner, (*path, key))


def _changed(valid, place, other):
    changed = copy.deepcopy(valid)
    *above, last = place
    holder = changed
    for key in above:
        holder = holder[key]
    if other == "delete":
        del holder[last]
    else:
        holder[last] = other
    return changed
