from __future__ import annotations

import pytest

from delivery.commands.target import Target, run_change
from delivery.deploy import Deployment
from delivery.outcome import RolledBackError
from delivery.verification.behaviour import BehaviourError

FIGURES = "backend: 0.1% of 4000 requests failed, 95th percentile 40 ms in 120 s"
BAD = "backend: 97.6% of 41 requests failed, 95th percentile 40 ms in 5 s: more than 2 % failed"


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    """The step's outputs, as a function that reads them."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    return lambda: dict(line.split("=", 1) for line in (tmp_path / "outputs").read_text().splitlines())


def test_how_a_release_answered_is_reported(world, summary, outputs):
    world.run("staging", 1)
    stack = world.stack("staging")
    report = run_change(Target(stack=stack, figures=[FIGURES]), stack.outputs)
    assert f"- {FIGURES}" in summary()
    assert outputs() == {"released": "true", "rolled-back": "false", "held": "false", "behaviour": FIGURES}
    assert report.facts["behaviour"] == [FIGURES]


def test_bad_metrics_roll_a_release_back_once_and_are_reported(world, summary, outputs):
    world.run("staging", 2)
    verified, judged, target = [], [], Target(stack=world.stack("staging"))

    def judge(live):
        judged.append(live.release)
        target.figures.append(BAD)
        raise BehaviourError(BAD)

    deployment = Deployment(stack=target.stack, verify=lambda live: verified.append(live.release), judge=judge)
    _, good, _, bad = world.checkout.releases
    with pytest.raises(RolledBackError, match="97.6% of 41 requests failed"):
        run_change(target, lambda: deployment.deploy(bad))
    assert (verified, judged) == ([bad, good], [bad])
    assert "rolled back automatically" in summary()
    assert BAD in summary()
    assert (outputs()["rolled-back"], outputs()["behaviour"]) == ("true", BAD)


def test_the_rollback_after_a_failed_update_is_not_judged(world):
    world.run("staging", 2)
    world.change(failing=[world.checkout.releases[3]])
    judged = []
    deployment = Deployment(stack=world.stack("staging"), verify=lambda _: None, judge=judged.append)
    with pytest.raises(RolledBackError):
        deployment.deploy(world.checkout.releases[3])
    assert judged == []
