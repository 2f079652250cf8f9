"""Names in two spellings: Pulumi's `ipRange` and the API's `ip_range`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

ABBREVIATED = {"rdmaSharedDevicePlugin": "rdma_shared_dev_plugin"}  # the API shortens a word, Pulumi does not
FREE_KEYS = frozenset({"labels"})  # below these, keys are the user's own and are left as they are


def camel(name: str) -> str:
    """`ip_range` as Pulumi spells it: `ipRange`."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def snake(name: str) -> str:
    """`ipRange` as the API spells it: `ip_range`."""
    return ABBREVIATED.get(name) or re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"_{match[1].lower()}", name)


def respell(value: Any, spell: Callable[[str], str]) -> Any:
    """The same value with every key of every mapping in it spelled anew."""
    if isinstance(value, dict):
        return {spell(key): inner if key in FREE_KEYS else respell(inner, spell) for key, inner in value.items()}
    if isinstance(value, list):
        return [respell(inner, spell) for inner in value]
    return value
