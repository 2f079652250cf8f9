"""What a Pulumi SDK says of a resource's inputs: names, types and closed vocabularies, nested ones too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pulumi._types import input_type_types, is_input_type, unwrap_type


def misfits(value: Any, type_: Any, place: str) -> Iterator[str]:
    """Everything in a value that the SDK's type does not allow, each as a sentence."""
    types = list(_alternatives(type_))
    if value is None or Any in types or any(_fits(value, each) for each in types):
        return
    inside = next((each for each in types if is_input_type(each)), None)
    if inside is not None and isinstance(value, Mapping):
        known = input_type_types(inside)
        for name, inner in value.items():
            if name in known:
                yield from misfits(inner, known[name], f"{place}.{name}")
            else:
                yield f"{place}.{name} is no input of {inside.__name__}"
    elif isinstance(value, list) and any(_origin(each) is Sequence for each in types):
        entries = next(get_args(each)[0] for each in types if _origin(each) is Sequence)
        for at, inner in enumerate(value):
            yield from misfits(inner, entries, f"{place}[{at}]")
    elif isinstance(value, dict) and any(_origin(each) is Mapping for each in types):
        entries = next(get_args(each)[1] for each in types if _origin(each) is Mapping)
        for name, inner in value.items():
            yield from misfits(inner, entries, f"{place}.{name}")
    else:
        yield f"{place} is {value!r}, which is none of {types}"


def _fits(value: Any, type_: Any) -> bool:
    if get_origin(type_) is Literal:
        return value in get_args(type_)
    if isinstance(type_, type) and issubclass(type_, Enum):
        return value in {member.value for member in type_}
    return type_ in {str, bool, int, float} and type(value) in ({int, float} if type_ is float else {type_})


def _alternatives(type_: Any) -> Iterator[Any]:
    """The types in a union; where there is a closed vocabulary, it alone counts and not the text beside it."""
    type_ = unwrap_type(type_)
    if get_origin(type_) not in {Union, UnionType}:
        yield type_
        return
    types = [each for inner in get_args(type_) for each in _alternatives(inner)]
    enums = [each for each in types if isinstance(each, type) and issubclass(each, Enum)]
    yield from enums or types


def _origin(type_: Any) -> Any:
    return {list: Sequence, dict: Mapping}.get(get_origin(type_), get_origin(type_))
