"""One property of a resource that changes, without its secrets."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from delivery.redaction import redacted

SIGNATURE = "4dabf18193072939515e22adb298388d"  # how Pulumi marks a secret: sdk/go/common/resource/sig/sig.go
SECRET_NAME = re.compile(r"password|passphrase|secret|token|kubeconfig|credential|privatekey", re.IGNORECASE)
HIDDEN = "[secret]"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # how Pulumi writes what only the update will know: plugin/rpc.go
LONGEST_VALUE = 80  # characters of a value that are shown
ABSENT = object()


@dataclass(frozen=True)
class Change:
    """One property that changes; values as short texts."""

    path: str
    before: str | None
    after: str | None


def describe_change(path: str, before: dict[str, Any], after: dict[str, Any]) -> Change:
    if SECRET_NAME.search(path):
        return Change(path, HIDDEN, HIDDEN)
    return Change(path, _show(_find_value(before, path)), _show(_find_value(after, path)))


def _find_value(value: Any, path: str) -> Any:
    """The value at a Pulumi property path: `nodePool.tags[0]`, `labels["a/b"]`."""
    for key, index, quoted in re.findall(r"([^.\[\]]+)|\[(\d{1,9})\]|\[\"([^\"]*)\"\]", path):
        if isinstance(value, dict) and SIGNATURE in value:
            return HIDDEN
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif isinstance(value, dict) and (key or quoted) in value:
            value = value[key or quoted]
        else:
            return ABSENT
    return value


def _show(value: Any) -> str | None:
    if value is ABSENT:
        return None
    text = redacted(json.dumps(_hide_secrets(value), ensure_ascii=False, sort_keys=True))
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _hide_secrets(value: Any) -> Any:
    if value == UNKNOWN:
        return "computed"
    if isinstance(value, dict):
        if SIGNATURE in value:
            return HIDDEN
        return {
            key: HIDDEN if SECRET_NAME.search(key) else _hide_secrets(inner)
            for key, inner in value.items()
            if key != "__defaults"
        }
    return [_hide_secrets(inner) for inner in value] if isinstance(value, list) else value
