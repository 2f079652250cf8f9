"""What `pulumi preview --json` says, without its secrets: what would change, and why it failed if it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from delivery.github.markdown import code, escape
from delivery.redaction import redacted
from delivery.stack.property_change import Change, describe_change
from delivery.stack.pulumi_cli import PulumiError, clip_first
from infra.data_kinds import DATA_KINDS

CREATES, UPDATES, REPLACES, DELETES = "create", "update", "replace", "delete"
UNCHANGED = "same"
KINDS = (CREATES, UPDATES, REPLACES, DELETES)
# The engine's operations, by what they do to what runs; `read` and `refresh` do nothing to it.
OPERATIONS = {
    "same": UNCHANGED,
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
URN_PARTS = 4


@dataclass(frozen=True)
class Step:
    """One resource that changes.

    Attributes:
        kind: one of KINDS, or UNCHANGED.
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
        return f"{escape(self.type.rpartition(':')[2])} {code(self.name)}"

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
        steps: what changes.
        same: how many resources stay as they are.
        errors: why it failed; empty when it did not.
        unchanged: what stays as it is, where the preview lists it (`--show-sames`).
        complete: whether it lists all of that.
    """

    steps: tuple[Step, ...]
    same: int
    errors: tuple[str, ...]
    unchanged: tuple[Step, ...] = ()
    complete: bool = False

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(step.kind for step in self.steps)
        return {kind: found[kind] for kind in KINDS}

    @property
    def destructive(self) -> set[str]:
        """What is replaced or deleted, as `kind urn`."""
        return {f"{step.kind} {step.urn}" for step in self.steps if step.destructive}


class PlanError(PulumiError, ValueError):
    """What should be a plan is something else. A ValueError, too: a saved file may be anything."""


class RawState(BaseModel):
    """A resource before or after a step."""

    inputs: dict[str, Any] | None = None


class RawStep(BaseModel):
    """A step, as Pulumi prints it."""

    op: str
    urn: str
    old_state: RawState | None = Field(default=None, alias="oldState")
    new_state: RawState | None = Field(default=None, alias="newState")
    detailed_diff: dict[str, Any] | None = Field(default=None, alias="detailedDiff")
    diff_reasons: list[str] | None = Field(default=None, alias="diffReasons")
    replace_reasons: list[str] | None = Field(default=None, alias="replaceReasons")


class Diagnostic(BaseModel):
    """What the engine or the program says."""

    message: str = ""
    severity: str = ""


class RawPlan(BaseModel):
    """What `pulumi preview --json` prints; `failed` is `PulumiStack.preview`'s own."""

    steps: list[RawStep] | None = None
    change_summary: dict[str, int] | None = Field(default=None, alias="changeSummary")
    diagnostics: list[Diagnostic] | None = None
    failed: bool = False


def parse_plan(preview: object) -> Plan:
    """The plan in what `pulumi preview --json` printed.

    Raises:
        PlanError: it is something else; the text has the first thing that is wrong.
    """
    try:
        raw = RawPlan.model_validate(preview)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise PlanError(f"this is not the output of `pulumi preview --json`: {where}: {first['msg']}") from error
    if not raw.model_fields_set & {"steps", "change_summary"}:
        raise PlanError("this is not the output of `pulumi preview --json`: it has no steps")
    try:
        steps = [step for each in raw.steps or [] if (step := _parse_step(each))]
    except RecursionError:
        raise PlanError(
            "this is not the output of `pulumi preview --json`: its values are nested too deeply"
        ) from None
    errors = [redacted(entry.message).strip() for entry in raw.diagnostics or [] if entry.severity == "error"]
    if raw.failed and not errors:
        errors = ["pulumi preview ended with an error and said nothing of it"]
    same = (raw.change_summary or {}).get("same", 0)
    return Plan(
        steps=tuple(step for step in steps if step.kind != UNCHANGED),
        same=same,
        errors=tuple(errors),
        unchanged=tuple(step for step in steps if step.kind == UNCHANGED),
        complete=sum(OPERATIONS.get(each.op) == UNCHANGED for each in raw.steps or []) >= same,
    )


def _parse_step(raw: RawStep) -> Step | None:
    kind = OPERATIONS.get(raw.op)
    if kind is None:
        return None
    before, after = _get_inputs(raw.old_state), _get_inputs(raw.new_state)
    types, name = _split_urn(raw.urn)
    if types.endswith("pulumi:pulumi:Stack"):
        return None  # its outputs change with every release, and nothing else of it can
    paths = raw.detailed_diff or dict.fromkeys(raw.diff_reasons or ())
    changes = (
        tuple(describe_change(path, before, after) for path in sorted(paths)) if kind in {UPDATES, REPLACES} else ()
    )
    return Step(
        urn=raw.urn,
        kind=kind,
        type=types.rpartition("$")[2],
        name=name,
        changes=changes,
        because=tuple(raw.replace_reasons or ()),
        before=before,
        after=after,
    )


def _split_urn(urn: str) -> tuple[str, str]:
    """The types and the name in `urn:pulumi:STACK::PROJECT::TYPES::NAME`; a name may have colons itself."""
    parts = urn.split("::", 3)
    if len(parts) != URN_PARTS:
        raise PlanError(f"this is not the output of `pulumi preview --json`: {clip_first(urn)!r} is no URN")
    return parts[2], parts[3]


def _get_inputs(state: RawState | None) -> dict[str, Any]:
    return dict((state and state.inputs) or {})
