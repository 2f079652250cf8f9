"""The table of scenarios, run by Pulumi's own engine against the emulated API."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.localcloud.providers.engine import Planned
from tests.localcloud.providers.scenarios.resource_types import CREDENTIALS
from tests.localcloud.providers.scenarios.table import IGNORED, ROWS, declare_after, declare_before

pytestmark = pytest.mark.timeout(600)
SAME = Planned()


@dataclass
class Seen:
    """What the engine said at each step; plans by the resource's name."""

    first: dict[str, Planned]
    unchanged: dict[str, Planned]
    changed: dict[str, Planned]
    drifted: dict[str, Planned]
    settled: dict[str, Planned]
    created: dict[str, dict]
    updated: dict[str, dict]
    requests_of_previews: list[dict]
    left: dict[str, list]


@pytest.fixture(scope="module")
def seen(make_stack, api):
    stack = make_stack("table")
    first = stack.preview(declare_before())
    requests = api.do("GET", "/_emulator/requests")["requests"]
    stack.up(declare_before())
    created = stack.resources()
    unchanged = stack.preview(declare_before(), "--refresh")
    changed = stack.preview(declare_after())
    ids = {name: one.get("id", "") for name, one in created.items()}
    for row in ROWS:
        if row.hand:
            method, path, body = row.hand
            shared = {name: ids[name] for name in ("home", "pg", "mysql", "probe")}
            outputs = created[row.name]["outputs"]
            own = {"id": ids[row.name], "uuid": outputs.get("uuid"), "sink": outputs.get("logsinkId")}
            api.do(method, path.format(**own, **shared), body)
    drifted = stack.preview(declare_before(), "--refresh")
    stack.up(declare_after(applied=True), "--refresh")
    settled = stack.preview(declare_after(applied=True), "--refresh")
    updated = stack.resources()
    stack.destroy()
    lists = (
        "vpcs", "registries", "kubernetes/clusters", "databases", "load_balancers", "certificates", "domains",
        "uptime/checks", "monitoring/alerts",
    )  # fmt: skip
    left = {path: next(iter(api.do("GET", f"/v2/{path}").values())) for path in lists}
    return Seen(first, unchanged, changed, drifted, settled, created, updated, requests, left)


def rows(wanted):
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS if wanted(row)])


def assert_names_changes(row, planned, providers):
    """The detailed diff names the properties; the official provider is held to their first parts."""
    expected, found = set(row.changed), set(planned.changed)
    if providers == "official":
        expected, found = ({re.split(r"[.\[]", path)[0] for path in paths} for paths in (expected, found))
    assert expected <= found, planned.changed


@rows(lambda row: not row.hand)
def test_change_has_expected_operation(seen, row, providers):
    planned = seen.changed.get(row.name, SAME)
    assert planned.op == row.op, planned.changed
    if row.op != "same":
        assert_names_changes(row, planned, providers)
    assert bool(planned.replacing) == (row.op == "replace")


@rows(lambda row: row.hand)
def test_refresh_finds_change_by_hand(seen, row, providers):
    planned = seen.drifted.get(row.name, SAME)
    assert planned.op == row.drift, planned.changed
    if row.drift not in {"same", "create"}:
        assert_names_changes(row, planned, providers)


@rows(lambda row: True)
def test_first_preview_creates(seen, row):
    assert seen.first[row.name].op == "create"


@rows(lambda row: True)
def test_nothing_to_do_after_creation(seen, row):
    assert seen.unchanged.get(row.name, SAME).op == "same", seen.unchanged[row.name].changed


@rows(lambda row: row.applied and row.name != "registry tier")
def test_nothing_to_do_after_change(seen, row):
    planned = seen.settled.get(row.name, SAME)
    assert planned.op == "same", planned.changed


def test_first_preview_asks_the_cloud_nothing(seen):
    asked = [one for one in seen.requests_of_previews if not one["path"].startswith("/_emulator")]
    assert asked == []


def test_only_hand_changes_are_drift(seen):
    expected = {row.name for row in ROWS if row.hand and row.drift != "same"}
    found = {name for name, planned in seen.drifted.items() if planned.op != "same"}
    assert found == expected


@rows(lambda row: row.op == "update" and row.applied and row.type != CREDENTIALS)
def test_update_keeps_the_resource(seen, row):
    assert seen.updated[row.name]["id"] == seen.created[row.name]["id"]


def test_formerly_ignored_changes_are_in_the_table():
    assert len(IGNORED) == 14
    assert set(IGNORED) <= {row.name for row in ROWS if row.op != "same"}


def test_destroy_leaves_nothing(seen):
    assert seen.left == {path: [] for path in seen.left}


def test_secrets_are_encrypted_in_the_state(seen):
    signature = "4dabf18193072939515e22adb298388d"
    for name, outputs in {
        "home": ["kubeConfigs"],
        "pg": ["password", "uri", "privateUri"],
        "first": ["password"],
        "connections mode": ["password", "uri", "privateUri"],
        "credentials may write": ["dockerCredentials"],
        "certificate chain": ["privateKey"],
    }.items():
        for output in outputs:
            assert signature in seen.created[name]["outputs"][output], (name, output)
