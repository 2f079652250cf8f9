"""What is wrong with a value, as a sentence: its key, its value, and what to write instead."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from infra.config.document import ABSENT, Location, value_at
from infra.config.section import DERIVED
from infra.config.service_file import SERVICES
from infra.config.value_kind import Kind

EXPECTED = {
    "bool_type": "true or false",
    "int_type": "a whole number, without quotes",
    "string_type": "text, in quotes where it looks like a number or a truth value",
    "list_type": "a list",
    "dict_type": "a mapping",
    "too_short": "at least one entry",
}
CLOSE = 0.7  # of 1: a slip of the hand, not another word
LONGEST_VALUE = 80  # characters of a value that a sentence repeats
# Keys of older stack files, with what became of them.
MOVED = {
    "context": "it is called `folder` now: run `slipway config upgrade`",
    "certificates": "DigitalOcean gets certificates; see docs/production.md",
    "pullSecret": "it is `slipway:cluster.registryIntegration` now",
    "monitoring": "DigitalOcean watches the stack; write receivers in `slipway:alerts`",
    "certManager": "the load balancer has the certificate; see `slipway:ingress`",
    "ingressNginx": "DOKS manages the gateway; see `slipway:ingress`",
}


def describe_error(problem: Any, values: Mapping[str, Any], model: type[BaseModel], project: str) -> str:
    """Describe one error of pydantic's, as a person reads it.

    Args:
        problem: an entry of `ValidationError.errors()`.
        values: what was validated.
        model: what it was validated as.
        project: what keys begin with.
    """
    location = _location(problem["loc"], values)
    key = f"{project}:" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)[1:]
    if problem["type"] == "missing":
        lines = yaml.safe_dump(_nested(location, model, project), sort_keys=False).splitlines()
        return "\n".join([f"{key} is missing; add", *(f"      {line}" for line in lines)])
    if problem["type"] == "extra_forbidden":
        of = "a service" if _is_in_service(location) else "a stack file"
        return f"{key} is not a key of {of}; {_suggest_key(location, model)}"
    value = value_at(values, location)
    shown = "" if value is ABSENT or "[key]" in problem["loc"] else f" is {_show(value)}"
    return f"{key}{shown}; write {_advice(problem, location, model)}"


def _location(raw: Location, values: Any) -> Location:
    """The place of the file. Pydantic adds "[key]" below a key that is wrong, and the name of a union's member."""
    location: list[int | str] = []
    for at, part in enumerate(raw):
        if part == "[key]":
            continue
        inner = value_at(values, (part,))
        if inner is ABSENT and at < len(raw) - 1:
            continue
        if inner is ABSENT and not isinstance(values, Mapping):
            continue
        location.append(part)
        values = inner
    return tuple(location)


def _is_in_service(location: Location) -> bool:
    return len(location) > 2 and location[0] == SERVICES  # noqa: PLR2004 - its name, and a key


def _show(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


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


def _suggest_key(location: Location, model: type[BaseModel]) -> str:
    name, known = str(location[-1]), _keys(location[:-1], model)
    if advice := MOVED.get(name):
        return advice
    close = get_close_matches(name, known, 1, CLOSE)
    return f"did you mean `{close[0]}`?" if close else f"known keys here: {', '.join(known)}"


def _keys(location: Location, model: type[BaseModel]) -> list[str]:
    """The keys that may stand at a place of the file."""
    here = _model(_annotation(location, model))
    return [str(field.alias) for field in here.model_fields.values()] if here else []


def _nested(location: Location, model: type[BaseModel], project: str) -> Any:
    """The part of a file that has an example at a place and nothing else: of a service's own file, or a stack's."""
    content = _example(location, model)
    first = 2 if _is_in_service(location) else 1
    for part in reversed(location[first:]):
        content = [content] if isinstance(part, int) else {part: content}
    return content if _is_in_service(location) else {f"{project}:{location[0]}": content}


def _field(location: Location, model: type[BaseModel]) -> FieldInfo | None:
    parent = _model(_annotation(location[:-1], model)) or model
    return next((field for field in parent.model_fields.values() if field.alias == location[-1]), None)


def _annotation(location: Location, model: type[BaseModel]) -> Any:
    """The type at a place of the file; entries of a list have the type of its entries."""
    annotation: Any = model
    for part in location:
        annotation = next(_inner(annotation, part), Any)
    return annotation


def _inner(annotation: Any, part: int | str) -> Iterator[Any]:
    """The types that a key, or an entry, of a type has."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from (field.annotation for field in annotation.model_fields.values() if field.alias == part)
    elif origin is list or origin is dict:
        yield arguments[-1]
    elif origin is Annotated:
        yield from _inner(arguments[0], part)
    elif origin in {Union, UnionType}:
        for each in arguments:
            yield from _inner(each, part)


def find_section(annotation: Any) -> type[BaseModel] | None:
    """Return the section in a type such as `Storage | None` or `list[Database]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := find_section(inner))), None)


def _model(annotation: Any) -> type[BaseModel] | None:
    """The section that a value of a type is, and not one that it contains."""
    return None if get_origin(annotation) in {list, dict} else find_section(annotation)


def _example(location: Location, model: type[BaseModel]) -> Any:
    field = _field(location, model)
    return _example_of_field(field) if field else ""


def _example_of_field(field: FieldInfo) -> Any:
    kinds = [entry for entry in field.metadata if isinstance(entry, Kind)]
    return kinds[0].example if kinds else _example_of(field.annotation)


def _example_of(annotation: Any) -> Any:
    """A usable value of a type; of a section, its required keys."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType} and NoneType in arguments:
        return None
    if origin is Literal:
        return arguments[0]
    if origin is dict:
        return {}
    if origin is list:
        section = _model(arguments[0])
        return [_example_of(section)] if section else []
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        derived = DERIVED.get(annotation.__name__, ())
        fields = [field for field in annotation.model_fields.values() if field.is_required()]
        return {str(field.alias): _example_of_field(field) for field in fields if field.alias not in derived}
    return False if annotation is bool else ""
