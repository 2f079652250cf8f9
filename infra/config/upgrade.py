"""Rewrite stack files of before the services had files of their own.

What every stack says of a service goes into its service.yaml; what differs remains. Values that are the default are
left out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from infra.config.error_messages import find_section
from infra.config.schema import StackSettings
from infra.config.service import Service
from infra.config.service_file import IMAGES_OWN, STACKS_OWN
from infra.config.stack_file import Content, StackFileError

KEY = "slipway:services"
RENAMED = {"context": "folder"}
SAME_EVERYWHERE = ("folder", *IMAGES_OWN)  # which a stack file cannot change


@dataclass
class Upgrade:
    """What is to be written.

    Attributes:
        stacks: the stack files' contents by stack; changed in place.
        services: the content of each service.yaml by its folder.
    """

    stacks: dict[str, Content]
    services: dict[str, dict[str, Any]] = field(default_factory=dict)


def upgrade_stack_files(stacks: dict[str, Content]) -> Upgrade:
    """Upgrade the stack files of a repository together; one that has been upgraded stays as it is.

    Args:
        stacks: what `load_stack_file` returned, by stack.

    Raises:
        StackFileError: a service is unusable, or differs between stacks where it cannot; nothing is changed.
    """
    upgrade = Upgrade(stacks)
    older: dict[str, Any] = {stack: each["config"] for stack, each in stacks.items() if _is_older(each)}
    entries = {stack: _read_entries(stack, config[KEY]) for stack, config in older.items()}
    differences: dict[str, dict[str, Any]] = {stack: {} for stack in older}
    for name in dict.fromkeys(name for listed in entries.values() for name in listed):
        present = {stack: listed[name] for stack, listed in entries.items() if name in listed}
        shared = _find_shared(name, present)
        folder = str(shared.pop("folder", name))
        upgrade.services[folder] = _without_defaults(shared, Service)
        for stack, entry in present.items():
            own = {key: value for key, value in entry.items() if key not in {"folder", *shared}}
            if folder not in {name, name.replace("-", "_")}:
                own = {"folder": folder, **own}
            differences[stack][name] = _without_defaults(own, Service, shared)
    for stack, config in older.items():
        position = list(config).index(KEY)
        del config[KEY]
        config.insert(position, KEY, differences[stack])
        _remove_defaults(config)
    return upgrade


def _is_older(content: Content) -> bool:
    return isinstance(content["config"].get(KEY), list)


def _read_entries(stack: str, listed: list[Any]) -> dict[str, dict[str, Any]]:
    """The entries of a stack by name, with today's keys."""
    names = []
    for at, entry in enumerate(listed):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            raise StackFileError(f"Pulumi.{stack}.yaml: {KEY}[{at}] has no name; write one, or remove the entry")
        names.append(entry["name"])
    if doubled := [name for name, times in Counter(names).items() if times > 1]:
        raise StackFileError(f"Pulumi.{stack}.yaml: {KEY} has {doubled[0]} twice; remove one of them")
    return {
        entry["name"]: {RENAMED.get(key, key): value for key, value in entry.items() if key != "name"}
        for entry in listed
    }


def _find_shared(name: str, present: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """What every stack says of a service, less what is a stack's own.

    Raises:
        StackFileError: what decides the image differs between stacks.
    """
    first, *others = present.values()
    for key in SAME_EVERYWHERE:
        values = [json.dumps(entry.get(key), sort_keys=True, default=str) for entry in present.values()]
        if len(set(values)) > 1:
            listed = ", ".join(f"{value} in {stack}" for stack, value in zip(present, values, strict=True))
            older = {new: old for old, new in RENAMED.items()}.get(key, key)
            raise StackFileError(f"{older} of {name} is {listed}; write one value: an image is the same everywhere")
    return {
        key: value
        for key, value in first.items()
        if key not in STACKS_OWN and all(key in each and each[key] == value for each in others)
    }


def _without_defaults(
    values: Mapping[str, Any], model: type[BaseModel], below: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values that are not the default, and those that replace one of `below`."""
    fields = {field.alias: field for field in model.model_fields.values()}
    return {
        key: value
        for key, value in values.items()
        if key in (below or {}) or key not in fields or not _is_default(value, fields[key])
    }


def _is_default(value: Any, definition: FieldInfo) -> bool:
    if definition.is_required():
        return False
    default = definition.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        default = default.model_dump(by_alias=True)
    return bool(value == default)


def _remove_defaults(config: MutableMapping[str, Any]) -> None:
    for name, definition in StackSettings.model_fields.items():
        key = f"slipway:{definition.alias}"
        if key in config and name != "services":
            _prune(config, key, definition)


def _prune(values: MutableMapping[str, Any], key: str, definition: FieldInfo) -> None:
    """Remove a key whose value is the default; in one with another value, look further."""
    value, section = values[key], find_section(definition.annotation)
    if _is_default(value, definition):
        del values[key]
        return
    entries = value if isinstance(value, list) else [value]
    for entry in entries:
        if section is not None and isinstance(entry, MutableMapping):
            for inner in section.model_fields.values():
                if inner.alias in entry:
                    _prune(entry, str(inner.alias), inner)
