"""Which canaries a stack has, by what the Pulumi CLI says of its outputs and its history."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from operations.canaries import read_canaries
from operations.deploys import read_deploy_state
from tests.delivery.conftest import checkout, checkout_of, registry, service, world  # noqa: F401 - fixtures

NOW = datetime.now(UTC)


@pytest.fixture
def pulumi(world, monkeypatch):  # noqa: F811
    """Prod, after a step of a canary and without what came next."""
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    world.run("prod", 1)
    stack = world.stack("prod")
    stack.up(world.checkout.releases[1], "deploy v1.0.0: canary", canary={"backend": 10}, targets=["**::x"])
    return stack


def let_pass(world, **time):  # noqa: F811
    """Have every update have ended so long ago."""
    stacks = world["stacks"]
    for update in stacks["prod"]["history"]:
        update["endTime"] = (NOW - timedelta(**time)).isoformat()
    world.change(stacks=stacks)


@pytest.mark.parametrize(
    ("passed", "updating", "is_left"),
    [({"minutes": 55}, False, False), ({"hours": 3}, False, True), ({"hours": 3}, True, False)],
    ids=["of a minute ago", "of hours ago", "while an update is in progress"],
)
def test_a_canary_older_than_any_step_was_left_by_a_killed_deploy(
    world,  # noqa: F811
    pulumi,
    passed,
    updating,
    is_left,
):
    let_pass(world, **passed)
    [canary] = read_canaries(pulumi, updating=updating, now=NOW)
    assert (canary.percent, canary.tag) == (10, world.checkout.releases[1][:12])
    assert canary.is_left is is_left


def test_a_canary_that_is_left_comes_with_the_command_that_ends_it(world, pulumi):  # noqa: F811
    let_pass(world, hours=3)
    state = read_deploy_state("prod", world.checkout.folder)
    live, tried = (sha[:12] for sha in world.checkout.releases[:2])
    [sentence] = state.describe("prod")
    assert sentence == (
        f"backend: a canary of {tried} has 10 % of the requests since {NOW - timedelta(hours=3):%Y-%m-%d %H:%M} UTC: "
        f"a deploy that was killed left it, and the next one removes it. At once: `slipway stack deploy --stack prod "
        f"--release {live}`, which runs already (docs/runbook.md, 'Canary left running')"
    )
    facts = json.loads(json.dumps(state.facts()["canary"]))
    assert facts["backend"] == {
        "percent": 10,
        "tag": tried,
        "since": (NOW - timedelta(hours=3)).isoformat(),
        "leftOver": True,
    }


def test_a_canary_that_may_be_watched_still_is_no_left_one(world, pulumi):  # noqa: F811
    [sentence] = read_deploy_state("prod", world.checkout.folder).describe("prod")
    assert sentence.endswith("UTC: a deploy is at work, or was killed (docs/runbook.md, 'Canary left running')")


def test_a_stack_without_a_canary_is_not_asked_for_its_history(world):  # noqa: F811
    world.run("prod", 1)
    assert read_deploy_state("prod", world.checkout.folder).canaries == ()
    assert "stack history" not in world.commands()


def test_outputs_that_cannot_be_read_do_not_hide_the_rest(world, pulumi):  # noqa: F811
    pulumi.set_tag("slipway:freeze", "Black Friday")
    world.change(answers={"stack output": "no JSON"})
    state = read_deploy_state("prod", world.checkout.folder)
    assert state.restrictions.freeze
    assert state.problems[0].startswith("the canary of prod cannot be read: ")
