"""What is wrong with a value of the stack file, as a sentence: its key, its value, and what to write instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from infra.config.types import Kind

Location = tuple[int | str, ...]
EXPECTED = {
    "bool_type": "true or false",
    "int_type": "a whole number, without quotes",
    "string_type": "text, in quotes where it looks like a number or a truth value",
    "list_type": "a list",
    "dict_type": "a mapping",
    "too_short": "at least one entry",
}
CLOSE = 0.7  # of 1: a slip of the hand, not another word
ABSENT = object()


def describe_error(problem: Any, values: Mapping[str, Any], model: type[BaseModel], project: str) -> str:
    """One error of pydantic's, as a person reads it.

    Args:
        problem: an entry of `ValidationError.errors()`.
        values: what was validated.
        model: what it was validated as.
        project: what keys begin with.
    """
    # In a mapping's key pydantic locates "[key]" below the key: the key is what is wrong.
    location: Location = tuple(part for part in problem["loc"] if part != "[key]")
    key = f"{project}:" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)[1:]
    if problem["type"] == "missing":
        lines = yaml.safe_dump(_nested(location, model, project), sort_keys=False).splitlines()
        return "\n".join([f"{key} is missing; add", *(f"      {line}" for line in lines)])
    if problem["type"] == "extra_forbidden":
        return f"{key} is not a key of a stack file; {_meant(location, model)}"
    value = _at(values, location)
    shown = "" if value is ABSENT or problem["loc"] != location else f" is {json.dumps(value)}"
    return f"{key}{shown}; write {_advice(problem, location, model)}"


def _advice(problem: Any, location: Location, model: type[BaseModel]) -> str:
    match problem["type"]:
        case "value_error":
            return str(problem["ctx"]["error"])
        case "literal_error":
            return f"one of {problem['ctx']['expected']}"
        case "model_type":
            return f"a mapping with the keys {', '.join(_keys(location, model))}"
        case other:
            return EXPECTED.get(other, str(problem["msg"]))


def _at(values: Any, location: Location) -> Any:
    for part in location:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return values


def _meant(location: Location, model: type[BaseModel]) -> str:
    known = _keys(location[:-1], model)
    close = get_close_matches(str(location[-1]), known, 1, CLOSE)
    return f"did you mean `{close[0]}`?" if close else f"known keys here: {', '.join(known)}"


def _keys(location: Location, model: type[BaseModel]) -> list[str]:
    """The keys that may stand at a place of the file."""
    here = _model(_annotation(location, model))
    return [str(field.alias) for field in here.model_fields.values()] if here else []


def _nested(location: Location, model: type[BaseModel], project: str) -> Any:
    """The part of a stack file that holds an example at a place and nothing else."""
    content = _example(_field(location, model))
    for part in reversed(location[1:]):
        content = [content] if isinstance(part, int) else {part: content}
    return {f"{project}:{location[0]}": content}


def _field(location: Location, model: type[BaseModel]) -> FieldInfo:
    parent = _model(_annotation(location[:-1], model)) or model
    return next(field for field in parent.model_fields.values() if field.alias == location[-1])


def _annotation(location: Location, model: type[BaseModel]) -> Any:
    """The type at a place of the file; entries of a list have the type of its entries."""
    annotation: Any = model
    for part in location:
        if isinstance(part, str) and (here := _model(annotation)):
            annotation = next((field.annotation for field in here.model_fields.values() if field.alias == part), Any)
    return annotation


def _model(annotation: Any) -> type[BaseModel] | None:
    """The section in a type such as `Storage | None` or `list[Service]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model(inner))), None)


def _example(field: FieldInfo) -> Any:
    kinds = [entry for entry in field.metadata if isinstance(entry, Kind)]
    return kinds[0].example if kinds else _example_of(field.annotation)


def _example_of(annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType} and NoneType in arguments:
        return None
    if origin is Literal:
        return arguments[0]
    if origin in {list, dict}:
        section = _model(annotation)
        return [_example_of(section)] if section else origin()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {str(field.alias): _example(field) for field in annotation.model_fields.values()}
    return False if annotation is bool else ""
