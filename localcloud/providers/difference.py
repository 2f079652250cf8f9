"""The difference between a resource's old and new inputs, property by property, as `pulumi preview --diff` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pulumi.runtime.proto.provider_pb2 import PropertyDiff

from localcloud.providers.resource_type import Input
from localcloud.providers.values import contains_unknown

Kind: TypeAlias = "PropertyDiff._Kind.ValueType"  # noqa: SLF001 - which only the SDK's stubs have
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

    def as_replacement(self) -> Change:
        """The same property, and a change that makes a new resource."""
        return Change(self.keys, REPLACES.get(self.kind, self.kind))


def changes(
    old: Mapping[str, Any], new: Mapping[str, Any], inputs: Mapping[str, Input], *, zero_is_unset: bool = False
) -> list[Change]:
    """Every property that differs, in order; an unknown new value counts, as it may differ.

    Args:
        old: the inputs, and those outputs whose `Input.computed` is set: the state of the resource.
        zero_is_unset: see `ResourceType`.
    """
    comparison = _Comparison(zero_is_unset)
    return [change for name in sorted({*old, *new}) for change in comparison.below((), name, old, new, inputs)]


@dataclass(frozen=True)
class _Comparison:
    zero_is_unset: bool

    def below(
        self, keys: Keys, name: str, old: Mapping[str, Any], new: Mapping[str, Any], inputs: Mapping[str, Input]
    ) -> Iterator[Change]:
        """The changes of one property of an object."""
        return self._value((*keys, name), old.get(name), new.get(name), inputs.get(name, Input()))

    def _value(self, keys: Keys, old: Any, new: Any, known: Input) -> Iterator[Change]:
        if known.ignored or self._same(old, new, known):
            return
        found = list(self._parts(keys, old, new, known))
        replaces = known.replaces(old, new) if callable(known.replaces) else known.replaces
        for change in found:
            yield Change(change.keys, REPLACES.get(change.kind, change.kind) if replaces else change.kind)

    def _same(self, old: Any, new: Any, known: Input) -> bool:
        if new is None:
            return old is None or known.computed or (self.zero_is_unset and not old)
        if contains_unknown(new):
            return False
        if self.zero_is_unset and not old and not new:
            return True
        return bool(old is not None and known.equal(old, new))

    def _parts(self, keys: Keys, old: Any, new: Any, known: Input) -> Iterator[Change]:
        if old is None:
            yield Change(keys, ADD)
        elif new is None:
            yield Change(keys, DELETE)
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            inputs = known.properties or _inherit_rules(known, {*old, *new})
            for key in sorted({*old, *new}):
                yield from self.below(keys, key, old, new, inputs)
        elif isinstance(old, list) and isinstance(new, list):
            element = Input(properties=known.properties, replaces_below=known.replaces_below)
            for index, before, after in _pair(old, new, unordered=known.unordered):
                yield from self._value((*keys, index), before, after, element)
        else:
            yield Change(keys, UPDATE)


def _inherit_rules(known: Input, keys: Iterable[str]) -> dict[str, Input]:
    """What is known of the keys of an object that has no schema of its own."""
    return {key: Input(replaces=key in known.replaces_below, replaces_below=known.replaces_below) for key in keys}


def _pair(old: list[Any], new: list[Any], *, unordered: bool) -> Iterator[tuple[int, Any, Any]]:
    """Elements to compare, each with the index to report."""
    if not unordered:
        for index in range(max(len(old), len(new))):
            before, after = (side[index] if index < len(side) else None for side in (old, new))
            yield index, before, after
        return
    gone = [(index, item) for index, item in enumerate(old) if item not in new]
    come = [(index, item) for index, item in enumerate(new) if item not in old]
    for (_, before), (index, after) in zip(gone, come, strict=False):
        yield index, before, after
    for index, item in gone[len(come) :]:
        yield index, item, None
    for index, item in come[len(gone) :]:
        yield index, None, item


def _segment(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f'["{key}"]' if set(key) & set('.["]') else f".{key}"
