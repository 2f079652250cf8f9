"""A row of the table of scenarios is one resource and one change of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .inputs import Inputs, change_inputs, create_inputs
from .resource_types import BALANCER, CERTIFICATE, CONNECTIONS, CREDENTIALS

DEPENDS_ON = {
    CREDENTIALS: "shared-registry", CONNECTIONS: "first", BALANCER: "shared-certificate", CERTIFICATE: "example",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One resource and one change of it.

    Attributes:
        op: same, update or replace.
        changed: the properties that the detailed diff must name.
        applied: whether the change is carried out; not where it would disturb other rows.
        hand: a change that somebody makes by the API, `(method, path, body)`; `{id}` stands for the resource's id.
        drift: what a refresh then finds, as `op`; `before` and `after` are the same in such a row.
    """

    name: str
    type: str
    before: Inputs
    after: Inputs
    op: str
    changed: tuple[str, ...] = ()
    applied: bool = True
    options: dict = field(default_factory=dict)
    hand: tuple = ()
    drift: str = ""


class Table:
    """Rows in their order; the number of each makes its addresses unique."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, name: str, type_: str, before: Inputs, after: Inputs, op: str, **more) -> None:
        short = name.replace(" ", "-")
        base = change_inputs(create_inputs(type_, short, len(self.rows) + 1), before)
        changed = more.pop("changed", tuple(after) if op != "same" else ())
        if type_ in DEPENDS_ON:
            more["options"] = {**more.get("options", {}), "depends_on": [DEPENDS_ON[type_]]}
        self.rows.append(Row(name, type_, base, change_inputs(base, after), op, changed, **more))
