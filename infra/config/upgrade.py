"""Rewrite stack files of before the services had files of their own.

What every stack says of a service goes into its service.yaml; what differs remains. Values that are the default are
left out.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from infra.config.error_messages import find_section
from infra.config.schema import StackSettings
from infra.config.service import Service
from infra.config.service_file import STACKS_OWN
from infra.config.stack_file import Content

KEY = "slipway:services"
RENAMED = {"context": "folder"}


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
    """
    upgrade = Upgrade(stacks)
    older = {stack: content["config"] for stack, content in stacks.items() if _is_older(content)}
    entries = {stack: [_rename(entry) for entry in config[KEY]] for stack, config in older.items()}
    for name in dict.fromkeys(str(entry["name"]) for listed in entries.values() for entry in listed):
        ours = {stack: _find(listed, name) for stack, listed in entries.items()}
        present = {stack: entry for stack, entry in ours.items() if entry is not None}
        shared = _shared(list(present.values()))
        folder = str(shared.pop("folder", name))
        upgrade.services[folder] = _without_defaults(shared, Service)
        for stack, entry in present.items():
            differences = {key: value for key, value in entry.items() if key not in {"name", "folder", *shared}}
            if folder not in {name, name.replace("-", "_")}:
                differences = {"folder": folder, **differences}
            services = older[stack].setdefault(f"{KEY}.new", {})
            services[name] = _without_defaults(differences, Service, shared)
    for config in older.values():
        position = list(config).index(KEY)
        del config[KEY]
        config.insert(position, KEY, config.pop(f"{KEY}.new"))
        _remove_defaults(config)
    return upgrade


def _is_older(content: Content) -> bool:
    return isinstance(content["config"].get(KEY), list)


def _rename(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {RENAMED.get(key, key): value for key, value in entry.items()}


def _find(entries: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((entry for entry in entries if entry["name"] == name), None)


def _shared(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """What every stack says, less what is a stack's own."""
    first, *others = entries
    return {
        key: value
        for key, value in first.items()
        if key not in {"name", *STACKS_OWN} and all(key in each and each[key] == value for each in others)
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
