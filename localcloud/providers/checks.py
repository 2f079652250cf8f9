"""Inputs against their schema: defaults, problems, and the values that the cloud chose."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from localcloud.providers.resource_type import Input, Properties
from localcloud.providers.values import contains_unknown

Schema = Mapping[str, Input]


def add_defaults(inputs: Properties, schema: Schema) -> Properties:
    """The inputs without those that say None, and with the defaults of those left out."""
    given = {name: value for name, value in inputs.items() if value is not None}
    for name, known in schema.items():
        if name not in given and known.default is not None:
            given[name] = known.default
        elif name in given and known.properties is not None:
            given[name] = _each(given[name], partial(add_defaults, schema=known.properties))
    return given


def problems(inputs: Properties, schema: Schema, unknown: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """What is wrong with the inputs, as (property, reason).

    Args:
        unknown: the reason for an input that the schema lacks.
        prefix: the path of the object that the inputs are in, with a dot at its end.
    """
    for name in sorted(inputs.keys() - schema.keys()):
        yield prefix + name, unknown
    for name, known in schema.items():
        value = inputs.get(name)
        if value is None:
            if known.required:
                yield prefix + name, "it is required"
        elif known.problem and not contains_unknown(value) and (reason := known.problem(value)):
            yield prefix + name, reason
        elif known.properties is not None:
            for path, one in _objects(prefix + name, value):
                yield from problems(one, known.properties, unknown, f"{path}.")


def add_computed(inputs: Properties, outputs: Properties, schema: Schema) -> Properties:
    """The old inputs as a difference compares them: with what the cloud chose, without marks of other providers."""
    complete: Properties = _without_marks(inputs)
    for name, known in schema.items():
        missing = known.computed and name not in complete
        if (missing or known.observed) and outputs.get(name) is not None:
            complete[name] = outputs[name]
        elif known.properties and isinstance(complete.get(name), Mapping) and isinstance(outputs.get(name), Mapping):
            complete[name] = add_computed(complete[name], outputs[name], known.properties)
    return complete


def restore_ignored(inputs: Properties, ignored: Iterable[str], outputs: Properties, schema: Schema) -> Properties:
    """The new inputs, where the program ignores changes of an observed one with what the cloud answered.

    The engine has put the old inputs in their place, which is enough for all others.

    Args:
        ignored: paths of properties, as in `ignore_changes`.
    """
    names = {path for path in ignored if path in schema and schema[path].observed and path in inputs}
    return {**inputs, **{name: outputs[name] for name in names if outputs.get(name) is not None}}


def one_of(*choices: str) -> Callable[[Any], str | None]:
    """An `Input.problem`: the value must be one of these."""
    return lambda value: None if value in choices else f"it must be one of {', '.join(choices)}, and is {value!r}"


def between(low: int, high: int) -> Callable[[Any], str | None]:
    """An `Input.problem`: the value must be a whole number from low to high."""
    return lambda value: None if low <= value <= high else f"it must be from {low} to {high}, and is {value}"


def length(low: int, high: int) -> Callable[[Any], str | None]:
    """An `Input.problem`: the text must have from low to high characters."""
    return lambda text: None if low <= len(text) <= high else f"it must have {low} to {high} characters: {text!r}"


def cidr(value: Any) -> str | None:
    """An `Input.problem`: the value must be an IP range with its prefix length, `10.10.0.0/20`."""
    try:
        ipaddress.ip_interface(value)
    except ValueError:
        return f"{value!r} is not a valid IP range"
    return None if "/" in value else f"{value!r} has no prefix length"


def _objects(path: str, value: Any) -> Iterator[tuple[str, Properties]]:
    if isinstance(value, dict):
        yield path, value
    elif isinstance(value, list):
        for index, one in enumerate(value):
            if isinstance(one, dict):
                yield f"{path}[{index}]", one


def _each(value: Any, change: Callable[[Properties], Properties]) -> Any:
    """The object changed, or each object of the list."""
    if isinstance(value, list):
        return [change(one) if isinstance(one, dict) else one for one in value]
    return change(value) if isinstance(value, dict) else value


def _without_marks(value: Any) -> Any:
    """Without `__defaults`, in which official providers note the inputs that they filled in."""
    if isinstance(value, dict):
        return {key: _without_marks(inner) for key, inner in value.items() if key != "__defaults"}
    if isinstance(value, list):
        return [_without_marks(inner) for inner in value]
    return value
