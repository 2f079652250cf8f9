"""The effective configuration of a stack: every key with its value, and where the value is from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.config.document import ABSENT, Document, Location, value_at
from infra.config.kind_checks import KEYS
from infra.config.section import DERIVED
from infra.config.service import Service
from infra.config.service_file import SERVICES, ReadFile, Services, combine_services, find_origin
from infra.config.settings import PROJECT, select_values, validate_config

DEFAULT = "default"
FOLLOWS = {"region": "follows from slipway:region", "host": "follows from slipway:registry.name"}
OF_KEY = "the name of the service"


@dataclass(frozen=True)
class EffectiveValue:
    """A key, its value, and the value's origin: `backend/service.yaml:3`, or `default`."""

    key: str
    value: Any
    origin: str


def list_effective_values(file: Document, read: ReadFile) -> list[EffectiveValue]:
    """List every value of a stack.

    Args:
        file: the stack file.
        read: reads a file of the repository.

    Raises:
        SettingsError: the configuration is not usable.
    """
    config: Mapping[str, Any] = file.content["config"]
    settings = validate_config(config, file=file, read=read)
    values = select_values(config)
    services = combine_services(values[SERVICES], read)
    written = {**values, SERVICES: services.values}
    return [
        EffectiveValue(f"{PROJECT}:{_join(location)}", value, _origin(location, written, file, services))
        for location, value in _leaves(settings.model_dump(by_alias=True), ())
        if location[0] != SERVICES or _has_key(settings.services[str(location[1])], str(location[2]))
    ]


def _has_key(service: Service, key: str) -> bool:
    """Whether a service of its kind has a key; its name is the key that all others are below."""
    field = next(name for name, each in Service.model_fields.items() if each.alias == key)
    kinds, _ = KEYS.get(field, ((service.kind,), ""))
    unset = field == "health" and service.kind != "web" and field not in service.model_fields_set
    return key != "name" and service.kind in kinds and not unset


def _leaves(values: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from _leaves(value, (*location, key))
    elif isinstance(values, list) and any(isinstance(entry, dict) for entry in values):
        for at, value in enumerate(values):
            yield from _leaves(value, (*location, at))
    else:
        yield location, values


def _origin(location: Location, written: Mapping[str, Any], file: Document, services: Services) -> str:
    location = _place_of(location, written)
    if value_at(written, location) is ABSENT:
        derived = location[0] == "registry" and location[-1] in DERIVED["Registry"]
        return FOLLOWS[str(location[-1])] if derived else DEFAULT
    document, place = find_origin(location, file, services)
    if document is None or document.value_at(place) is ABSENT:
        return OF_KEY
    return f"{document.name}:{document.line_of(place)}"


def _place_of(location: Location, written: Mapping[str, Any]) -> Location:
    """The place that says a value: that of a probe's path, where one is written in short."""
    for length in range(1, len(location)):
        value = value_at(written, location[:length])
        if isinstance(value, str | int):
            return location[:length]
    return location


def _join(location: Location) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)[1:]
