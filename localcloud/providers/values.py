"""Property values: between the protocol's protobuf structs and plain Python.

In Python a value is None, bool, int, float, str, list or dict; a value that only an update will know is `UNKNOWN`,
and an output that must be encrypted in the state is a `Secret`. Assets and resource references do not occur here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

SIGNATURE: Final = rpc._special_sig_key  # noqa: SLF001 - the SDK names it nowhere in public
SECRET: Final = rpc._special_secret_sig  # noqa: SLF001


class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in the state and hides in its output."""

    value: Any


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The properties of a request, secrets unwrapped."""
    values: dict[str, Any] = _from_wire(json_format.MessageToDict(struct))
    return values


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Properties as the protocol sends them."""
    struct = struct_pb2.Struct()
    struct.update(_to_wire(dict(values)))
    return struct


def contains_unknown(value: Any) -> bool:
    """Whether some part of the value is `UNKNOWN`."""
    if isinstance(value, Mapping):
        return any(contains_unknown(inner) for inner in value.values())
    if isinstance(value, list):
        return any(contains_unknown(inner) for inner in value)
    return value is UNKNOWN


def _from_wire(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _from_wire(value.get("value"))
        return {key: _from_wire(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_from_wire(inner) for inner in value]
    if value == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)  # on the wire every number is a double
    return value


def _to_wire(value: Any) -> Any:
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": _to_wire(value.value)}
    if isinstance(value, Mapping):
        return {key: _to_wire(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_to_wire(inner) for inner in value]
    return rpc.UNKNOWN if value is UNKNOWN else value
