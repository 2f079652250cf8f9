"""The stack files of staging and prod, as the rehearsal uses them."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from localcloud.instance import Instance
from localcloud.stack import Stack

OVERRIDES = Path(__file__).parent / "overrides.yaml"


@dataclass(frozen=True)
class RehearsedStack(Stack):
    """The committed file of a stack with the rehearsal's overrides merged in, and nothing else."""

    def configuration(self) -> dict[str, Any]:
        """Every configuration key and value.

        Raises:
            StackFileError: the committed file cannot be used.
        """
        config = self._content()["config"]
        for changes in read_overrides(self.instance, config["slipway:registry"]["name"]).values():
            config = merge(config, changes)
        return merge(config, self.overrides)


def read_overrides(instance: Instance, registry_name: str = "") -> dict[str, dict[str, Any]]:
    """Read the overrides by reason, with the account's own ports and the stack's registry in them."""
    text = string.Template(OVERRIDES.read_text()).substitute(
        api_port=instance.api_port,
        registry=f"127.0.0.1:{instance.account_registry_port}",
        registry_name=registry_name,
    )
    content: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return content


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`.

    Mappings are merged key by key, and lists whose entries have names entry by entry; any other value replaces.
    """
    return {**base, **{key: _merge_value(base.get(key), value) for key, value in changes.items()}}


def _merge_value(base: Any, change: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(change, Mapping):
        return merge(base, change)
    if isinstance(base, list) and isinstance(change, list) and all("name" in entry for entry in [*base, *change]):
        changes = {entry["name"]: entry for entry in change}
        merged = [merge(entry, changes.pop(entry["name"], {})) for entry in base]
        return [*merged, *changes.values()]
    return change
