"""The workflow rollback deploys the release before, and holds the next merge."""

from __future__ import annotations

import json

import pytest

from tests.delivery.act.events import end_ci_at, start_rollback
from tests.delivery.act.runner import SUCCEEDED

pytestmark = pytest.mark.timeout(400)  # a workflow is a dozen processes


def test_a_rollback_clears_its_queue_and_leaves_evidence(act, world, github):
    world.run("staging", 2, 3)
    start_rollback(github)
    waiting = github.add_run(80, path=".github/workflows/deploy.yml", status="waiting", waits_for=["staging"])
    jobs, said = act.run("rollback", "workflow_dispatch", stack="staging", to="previous")
    assert jobs == dict.fromkeys(("clear-queue", "rollback", "notify"), SUCCEEDED), said
    assert waiting["conclusion"] == "cancelled"
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[1]
    assert json.loads((act.artifacts / "staging-release/release.json").read_text())["stack"] == "staging"


def test_a_merge_after_a_rollback_is_held(act, world, github):
    world.run("staging", 2, 3)
    start_rollback(github)
    act.run("rollback", "workflow_dispatch", stack="staging", to="previous")
    jobs, said = act.run("deploy", "workflow_run", end_ci_at(world, 4))
    assert jobs == {"plan": SUCCEEDED, "staging": "failed", "notify": SUCCEEDED}, said
    assert "slipway stack resume --stack staging" in said
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[1]
