"""The difference between a resource's old and new inputs, property by property, as `pulumi preview --diff` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi.runtime.proto.provider_pb2 import PropertyDiff

from localcloud.providers.values import contains_unknown

if TYPE_CHECKING:
    Kind = PropertyDiff._Kind.ValueType  # noqa: SLF001 - only the SDK's stubs name the type of the constants
ADD, DELETE, UPDATE = PropertyDiff.ADD, PropertyDiff.DELETE, PropertyDiff.UPDATE
REPLACES: dict[Kind, Kind] = {
    ADD: PropertyDiff.ADD_REPLACE,
    DELETE: PropertyDiff.DELETE_REPLACE,
    UPDATE: PropertyDiff.UPDATE_REPLACE,
}
Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """One property that differs.

    Attributes:
        keys: the way to it: `("nodePool", "maxNodes")`, `("tags", 1)`.
        kind: added, deleted or updated; each of them in place, or by a new resource.
    """

    keys: Keys
    kind: Kind

    @property
    def path(self) -> str:
        """As Pulumi writes it: `nodePool.maxNodes`, `tags[1]`."""
        first, *rest = self.keys
        return str(first) + "".join(_segment(key) for key in rest)

    @property
    def replaces(self) -> bool:
        """Whether it makes a new resource."""
        return self.kind in REPLACES.values()


def changes(
    old: Mapping[str, Any], new: Mapping[str, Any], replaces: Callable[[Keys], bool] = lambda _: False
) -> list[Change]:
    """Every property that differs, in order; an unknown new value counts, as it may differ.

    Args:
        replaces: whether a change of the property at these keys makes a new resource.
    """
    return [
        Change(keys, REPLACES[kind] if replaces(keys) else kind)
        for name in sorted({*old, *new})
        for keys, kind in _compare((name,), old.get(name), new.get(name))
    ]


def _compare(keys: Keys, old: Any, new: Any) -> Iterator[tuple[Keys, Kind]]:
    if old is None and new is None:
        return
    if old is None:
        yield keys, ADD
    elif new is None:
        yield keys, DELETE
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _compare((*keys, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _compare((*keys, index), *(side[index] if index < len(side) else None for side in (old, new)))
    elif old != new or contains_unknown(new):
        yield keys, UPDATE


def _segment(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f'["{key}"]' if set(key) & set('.["]') else f".{key}"
