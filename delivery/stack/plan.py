"""What `pulumi preview --json` says, without its secrets: what would change, and why it failed if it did."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from delivery.redaction import redacted
from infra.data_kinds import DATA_KINDS

CREATES, UPDATES, REPLACES, DELETES = "create", "update", "replace", "delete"
KINDS = (CREATES, UPDATES, REPLACES, DELETES)
# The engine's operations, by what they do to what runs; `same`, `read` and `refresh` do nothing to it.
OPERATIONS = {
    "create": CREATES,
    "import": CREATES,
    "update": UPDATES,
    "replace": REPLACES,
    "create-replacement": REPLACES,
    "import-replacement": REPLACES,
    "delete": DELETES,
}
# What holds data, and what everything runs on.
PROTECTED = (*DATA_KINDS, "digitalocean:index/database", "digitalocean:index/kubernetesNodePool:KubernetesNodePool")
# Logins that the program declared until 2026-11-25: they leave the state, and end by themselves.
RENEWED = ("digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials",)
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


@dataclass(frozen=True)
class Step:
    """One resource that changes.

    Attributes:
        kind: one of KINDS.
        type: the type token, `digitalocean:index/vpc:Vpc`.
        because: properties that force a replacement.
        before, after: its inputs, as the engine has them; for cost.py, not to be shown.
    """

    urn: str
    kind: str
    type: str
    name: str
    changes: tuple[Change, ...]
    because: tuple[str, ...]
    before: dict[str, Any] = field(default_factory=dict, repr=False)
    after: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """As Markdown shows it: KubernetesCluster `cluster`."""
        return f"{self.type.rpartition(':')[2]} `{self.name}`"

    @property
    def destructive(self) -> bool:
        return self.kind in {REPLACES, DELETES} and self.type not in RENEWED

    @property
    def protected(self) -> bool:
        return self.destructive and self.type.startswith(PROTECTED)


@dataclass(frozen=True)
class Plan:
    """A preview.

    Attributes:
        errors: why it failed; empty when it did not.
    """

    steps: tuple[Step, ...]
    same: int
    errors: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(step.kind for step in self.steps)
        return {kind: found[kind] for kind in KINDS}

    @property
    def destructive(self) -> set[str]:
        """What is replaced or deleted, as `kind urn`."""
        return {f"{step.kind} {step.urn}" for step in self.steps if step.destructive}


def plan_of(preview: dict[str, Any]) -> Plan:
    """The plan in what `pulumi preview --json` printed.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(preview.get("steps", []), list) or ("changeSummary" not in preview and "steps" not in preview):
        raise ValueError("this is not the output of `pulumi preview --json`: it has no steps")
    steps = [step for raw in preview.get("steps") or [] if (step := _step(raw))]
    errors = [
        redacted(str(entry["message"])).strip()
        for entry in preview.get("diagnostics") or []
        if entry.get("severity") == "error"
    ]
    if preview.get("failed") and not errors:
        errors = ["pulumi preview ended with an error and said nothing of it"]
    return Plan(tuple(steps), int((preview.get("changeSummary") or {}).get("same", 0)), tuple(errors))


def _step(raw: dict[str, Any]) -> Step | None:
    kind = OPERATIONS.get(raw["op"])
    if kind is None:
        return None
    before, after = _inputs(raw.get("oldState")), _inputs(raw.get("newState"))
    *_, types, name = str(raw["urn"]).split("::")
    if types.endswith("pulumi:pulumi:Stack"):
        return None  # its outputs change with every release, and nothing else of it can
    paths = raw.get("detailedDiff") or dict.fromkeys(raw.get("diffReasons") or ())
    changes = tuple(_change(path, before, after) for path in sorted(paths)) if kind in {UPDATES, REPLACES} else ()
    return Step(
        urn=str(raw["urn"]),
        kind=kind,
        type=types.rpartition("$")[2],
        name=name,
        changes=changes,
        because=tuple(raw.get("replaceReasons") or ()),
        before=before,
        after=after,
    )


def _inputs(state: dict[str, Any] | None) -> dict[str, Any]:
    return dict((state or {}).get("inputs") or {})


def _change(path: str, before: dict[str, Any], after: dict[str, Any]) -> Change:
    if SECRET_NAME.search(path):
        return Change(path, HIDDEN, HIDDEN)
    return Change(path, _shown(_at(before, path)), _shown(_at(after, path)))


def _at(value: Any, path: str) -> Any:
    """The value at a Pulumi property path: `nodePool.tags[0]`, `labels["a/b"]`."""
    for key, index, quoted in re.findall(r"([^.\[\]]+)|\[(\d+)\]|\[\"([^\"]*)\"\]", path):
        if isinstance(value, dict) and SIGNATURE in value:
            return HIDDEN
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif isinstance(value, dict) and (key or quoted) in value:
            value = value[key or quoted]
        else:
            return ABSENT
    return value


def _shown(value: Any) -> str | None:
    if value is ABSENT:
        return None
    text = redacted(json.dumps(_without_secrets(value), ensure_ascii=False, sort_keys=True))
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _without_secrets(value: Any) -> Any:
    if value == UNKNOWN:
        return "computed"
    if isinstance(value, dict):
        if SIGNATURE in value:
            return HIDDEN
        return {
            key: HIDDEN if SECRET_NAME.search(key) else _without_secrets(inner)
            for key, inner in value.items()
            if key != "__defaults"
        }
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value
