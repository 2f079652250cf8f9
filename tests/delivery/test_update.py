"""An update that fails brings the last good release back, and one that cannot begin changes nothing."""

from __future__ import annotations

import pytest

from delivery.change import NotStartedError
from delivery.deploy import Deployment
from delivery.outcome import RefusedError
from delivery.stack.pulumi_cli import PulumiError
from delivery.stack.pulumi_stack import PulumiStack
from delivery.verification.verification import Verification


def test_a_deploy_is_refused_when_another_one_was_faster(world):
    world.run("staging", 1)
    meanwhile = lambda *_: world.run("staging", 3)  # noqa: E731
    deployment = Deployment(stack=world.stack("staging"), verify=lambda _: None, refuse=meanwhile, say=lambda _: None)
    with pytest.raises(RefusedError, match="staging runs .* now, and ran .* when this began: start it again"):
        deployment.deploy(world.checkout.releases[3])
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[2]


def test_a_stack_that_is_unreadable_before_its_update_is_unchanged(world, monkeypatch):
    world.run("staging", 1)
    answers, ask = [True, False], PulumiStack.outputs

    def outputs(stack):
        if not answers.pop(0):
            raise PulumiError("pulumi stack output of staging: 503")
        return ask(stack)

    monkeypatch.setattr(PulumiStack, "outputs", outputs)
    deployment = Deployment(stack=world.stack("staging"), verify=lambda _: None, say=lambda _: None)
    with pytest.raises(NotStartedError, match="staging could not be asked right before its update, and nothing"):
        deployment.deploy(world.checkout.releases[3])
    assert "up" not in world.commands()


@pytest.mark.parametrize("fault", ["unready", "broken"])
def test_unready_or_broken_release_is_replaced_by_the_last_good_one(world, slipway, fault):
    world.run("staging", 2)
    bad = world.checkout.releases[3][:12]
    getattr(world.service, fault).add(bad)
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "v1.1.0", "--timeout", "3")
    assert status == 6, said
    assert (
        "not healthy after 3 s" if fault == "unready" else "GET /works: expected works true, answered false"
    ) in said
    assert world.service.tag == world.checkout.releases[1][:12]


def test_a_first_release_that_fails_has_nothing_to_roll_back_to(world, slipway):
    world.change(failing=[world.checkout.releases[0]])
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", world.checkout.releases[0])
    assert status == 1
    assert "rolling staging back" not in said


def test_a_failed_rollback_calls_a_person(world, slipway):
    world.run("staging", 2)
    world.change(failing=[world.checkout.releases[1], world.checkout.releases[3]])
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "v1.1.0")
    assert status == 1
    assert "the rollback to" in said
    assert "staging needs a person now: docs/runbook.md" in said


def test_release_without_its_image_is_not_rolled_back_to(world, slipway):
    world.run("staging", 2)
    world.change(failing=[world.checkout.releases[3]])
    world.registry.manifests.clear()
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "v1.1.0")
    assert status == 1
    assert f"the registry does not hold {world.registry.host}/acme/backend:{world.checkout.releases[1][:12]}" in said


def test_any_error_in_verification_restores_the_previous_release(world, slipway, monkeypatch):
    world.run("staging", 2)
    bad, verify = world.checkout.releases[3], Verification.__call__

    def fail_once(self, outputs):
        if outputs.release == bad:
            raise KeyError("mediaType")
        return verify(self, outputs)

    monkeypatch.setattr(Verification, "__call__", fail_once)
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", bad)
    assert (status, "unexpected KeyError: 'mediaType'" in said) == (6, True), said
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[1]


def test_a_failed_deploy_sets_every_output(world, slipway, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    world.run("staging", 2)
    world.change(failing=[world.checkout.releases[3]])
    assert slipway("stack", "deploy", "--stack", "staging", "--release", "v1.1.0")[0] == 6
    assert (tmp_path / "out").read_text() == "released=false\nrolled-back=true\nheld=false\n"
