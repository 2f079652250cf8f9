"""Filters: from the API's JSON to the engine's objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdrant_edge import (
    FieldCondition,
    Filter,
    HasIdCondition,
    HasVectorCondition,
    IsEmptyCondition,
    IsNullCondition,
    MatchAny,
    MatchExcept,
    MatchPhrase,
    MatchPrefix,
    MatchSubstring,
    MatchText,
    MatchTextAny,
    MatchValue,
    MinShould,
    NestedCondition,
    RangeDateTime,
    RangeFloat,
    ValuesCount,
)

from .identity import point_id
from .replies import malformed, not_offered, of_type, taken, whole

CLAUSES = ("must", "should", "must_not")
BOUNDS = ("gt", "gte", "lt", "lte")
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1
TEXTS: dict[str, Callable[[str], Any]] = {
    "text": MatchText,
    "text_any": MatchTextAny,
    "phrase": MatchPhrase,
    "prefix": MatchPrefix,
    "substring": MatchSubstring,
}


class _Boolean:
    """A boolean that the engine takes for one.

    Its `MatchValue` tries a whole number before a boolean, and Python's True is a whole number: it would match
    nothing, and say nothing. The binding also takes NumPy's booleans, which are none, and knows them by module and
    name.
    """

    def __init__(self, value: bool) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return self._value


_Boolean.__module__, _Boolean.__name__ = "numpy", "bool_"


def engine_filter(value: Any) -> Filter | None:
    """The engine's filter; None stands for no filter.

    Raises:
        QdrantError: 400 for what is no filter, 501 for a condition that is not offered.
    """
    if value is None:
        return None
    held = taken(value, "Filter", may=(*CLAUSES, "min_should"))
    clauses = {name: _conditions(held[name]) for name in CLAUSES if name in held}
    least = None
    if "min_should" in held:
        asked = taken(held["min_should"], "MinShould", needs=("conditions", "min_count"))
        least = MinShould(_conditions(asked["conditions"]), whole(asked["min_count"], "min_count"))
    return Filter(**clauses, min_should=least)


def _conditions(value: Any) -> list[Any]:
    """One condition may stand without its list."""
    return [_condition(held) for held in (value if isinstance(value, list) else [value])]


def _condition(value: Any) -> Any:
    of_type(value, dict, "a condition")
    if "key" in value:
        return _field(value)
    if "has_id" in value:
        asked = taken(value, "HasIdCondition", needs=("has_id",))["has_id"]
        return HasIdCondition({point_id(held) for held in of_type(asked, list, "has_id")})
    if "has_vector" in value:
        return HasVectorCondition(
            of_type(taken(value, "a condition", needs=("has_vector",))["has_vector"], str, "has_vector")
        )
    if "nested" in value:
        nested = taken(taken(value, "a condition", needs=("nested",))["nested"], "Nested", needs=("key", "filter"))
        inner = engine_filter(nested["filter"])
        return NestedCondition(path(nested["key"]), inner if inner is not None else Filter())
    for name, made in (("is_empty", IsEmptyCondition), ("is_null", IsNullCondition)):
        if name in value:
            asked = taken(value, "a condition", needs=(name,))[name]
            return made(path(taken(asked, name, needs=("key",))["key"]))
    return engine_filter(value)


def _field(value: dict[str, Any]) -> FieldCondition:
    kinds = ("match", "range", "values_count", "is_empty", "is_null")
    held = taken(value, "FieldCondition", needs=("key",), may=kinds)
    asked = [kind for kind in kinds if kind in held]
    if not asked:
        raise malformed("a condition on a field needs one of " + ", ".join(kinds))
    if len(asked) > 1:  # the engine would look at the first of them only
        raise not_offered(f"{' and '.join(asked)} in one condition")
    kind = asked[0]
    made: dict[str, Any] = {}
    if kind == "match":
        made[kind] = _match(held[kind])
    elif kind == "range":
        made[kind] = _range(held[kind])
    elif kind == "values_count":
        bounds = taken(held[kind], kind, may=BOUNDS)
        made[kind] = ValuesCount(**{name: whole(bound, name) for name, bound in bounds.items()})
    else:
        made[kind] = of_type(held[kind], bool, kind)
    return FieldCondition(path(held["key"]), **made)


def _match(value: Any) -> Any:
    held = taken(value, "Match", may=("value", "any", "except", *TEXTS))
    if len(held) != 1:
        raise malformed("a match needs one of value, any, except, " + ", ".join(TEXTS))
    [(kind, asked)] = held.items()
    if kind == "value":
        if isinstance(asked, bool):
            return MatchValue(_Boolean(asked))  # type: ignore[arg-type]  # see _Boolean
        return MatchValue(_keyword(asked))
    if kind in TEXTS:
        return TEXTS[kind](of_type(asked, str, kind))
    values = [_keyword(one) for one in of_type(asked, list, kind)]
    if len({type(one) for one in values}) > 1:
        raise malformed(f"the values of {kind} must be all strings or all whole numbers")
    return (MatchAny if kind == "any" else MatchExcept)(values)  # type: ignore[arg-type]  # all of one type


def _keyword(value: Any) -> str | int:
    if type(value) is str:
        return value
    return whole(value, "the value of a match", least=SMALLEST_INTEGER, most=LARGEST_INTEGER)


def _range(value: Any) -> Any:
    bounds = taken(value, "Range", may=BOUNDS)
    kinds = {
        str if type(bound) is str else float if type(bound) in {int, float} else None for bound in bounds.values()
    }
    if None in kinds or len(kinds) > 1:
        raise malformed("the bounds of a range must be all numbers or all times")
    if str not in kinds:
        return RangeFloat(**bounds)
    try:
        return RangeDateTime(**bounds)
    except ValueError as error:
        raise malformed(str(error)) from None


def path(value: Any) -> str:
    """A path into the payload, which the engine can read.

    Raises:
        QdrantError: 400.
    """
    try:
        IsEmptyCondition(of_type(value, str, "key"))
    except ValueError as error:
        raise malformed(str(error)) from None
    return str(value)
