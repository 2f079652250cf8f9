"""Versions of Kubernetes, compared as the official provider compares them (hashicorp/go-version)."""

from __future__ import annotations

import re
from typing import Any

VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.\-]+))?")
SEGMENTS = 3  # `1.34` is 1.34.0

Key = tuple[list[int], list[tuple[int, int, str]]]


def is_older(old: Any, new: Any) -> bool:
    """Whether the new version is lower: a cluster is only ever upgraded, so that takes another one.

    `1.34` is lower than `1.34.4-do.0`, which is what a cluster that was asked for `1.34` has.
    """
    before, after = _key(old), _key(new)
    return before is not None and after is not None and after < before


def _key(version: Any) -> Key | None:
    found = VERSION.fullmatch(str(version))
    if found is None:
        return None
    segments = [int(segment) for segment in found[1].split(".")]
    segments += [0] * (SEGMENTS - len(segments))
    # A version without a suffix comes after all that have one; in suffixes, numbers come before words.
    suffix = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in (found[2] or "").split(".") if part]
    return segments, suffix or [(2, 0, "")]
