"""Pulumi's engine and the hook that names the runbook's entry."""

from __future__ import annotations

import pytest

from tests.localcloud.providers.engine import PROGRAM, ROOT
from tests.localcloud.providers.scenarios.inputs import create_inputs
from tests.localcloud.providers.scenarios.resource_types import VPC

pytestmark = pytest.mark.timeout(600)
HOOKED = f"from infra.runbook import name_runbook_entries\n\nname_runbook_entries()\n{PROGRAM}"


@pytest.fixture(scope="module")
def stack(make_stack):
    made = make_stack("runbook")
    (made.program / "__main__.py").write_text(HOOKED)
    made.environment["PYTHONPATH"] = str(ROOT)
    return made


def test_a_failure_names_the_entry_and_is_not_tried_again(stack, api):
    api.plan_fault("POST", "/v2/vpcs", 500, times=3)  # as often as the provider asks
    program = {"net": {"type": VPC, "inputs": create_inputs(VPC, "net", 0), "options": {}}}
    failed = stack.up(program, check=False)
    assert failed.returncode != 0
    assert "net: what to do: docs/runbook.md, 'API failure during `up`'" in failed.stdout
    requests = api.do("GET", "/_emulator/requests")["requests"]
    assert [one["status"] for one in requests if one["path"] == "/v2/vpcs" and one["method"] == "POST"] == [500] * 3
    assert stack.up(program).returncode == 0


def test_refresh_and_destroy_of_hooked_resources_need_no_program(stack, api):
    (stack.program / "__main__.py").write_text("raise SystemExit('the program ran')\n")
    stack.run("refresh", "--yes", "--skip-preview")
    api.plan_fault("DELETE", "/v2/vpcs", 500, times=3)
    failed = stack.run("destroy", "--yes", "--skip-preview", check=False)
    assert "500 a fault on purpose" in failed.stdout
    stack.destroy()
    assert "net" not in stack.resources()
