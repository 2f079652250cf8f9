"""A release that goes out as a canary first."""

from __future__ import annotations

import pytest
import yaml

from delivery.canary import PROVIDER, plan_canary
from delivery.deploy import Deployment
from delivery.outcome import DeliveryError, RefusedError, RolledBackError
from delivery.release_order import refuse_rolled_back
from delivery.stack.history import list_releases
from delivery.stack.hold import HeldError
from delivery.verification.behaviour import BehaviourError
from infra.source.git import GitError

HOST = "api.todo.example.com"
CANARY = {"steps": [10, 50], "seconds": 30}


def configure(world, **service):
    """Say this of the backend in staging's stack file, and release it; the fifth release."""
    file = world.checkout.folder / "Pulumi.staging.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"]["slipway:services"]["backend"].update(service)
    file.write_text(yaml.safe_dump(content))
    world.checkout.commit("release 5")


@pytest.fixture
def world(world):
    """Staging runs a release that wants canaries; the one to deploy is the sixth."""
    configure(world, host=HOST, verify={"canary": CANARY})
    release(world)
    world.run("staging", 5)
    release(world, "release 6")
    return world


def release(world, text=None):
    """Have the registry and Pulumi know the newest commit, after one with this text."""
    if text is not None:
        world.checkout.commit(text)
    sha = world.checkout.releases[-1]
    world.change(releases={**world["releases"], sha: world.outputs(sha)})
    return sha


def deployment(world, judge_canary=lambda _: None, **more):
    return Deployment(
        stack=world.stack("staging"),
        verify=lambda _: None,
        judge_canary=judge_canary,
        say=more.pop("say", lambda _: None),
        **more,
    )


def updates(world):
    """The percentage of each update's canary, oldest first; None of one without."""
    history = reversed(world["stacks"]["staging"]["history"])
    return [each["config"].get("slipway:canary", {}).get("objectValue") for each in history]


def test_a_release_goes_out_step_by_step_and_then_to_all(world):
    steps, new = [], world.checkout.releases[-1]
    outputs = deployment(world, steps.append).deploy(new)
    assert [each.percents for each in steps] == [{"backend": 10}, {"backend": 50}]
    assert updates(world)[-3:] == [{"backend": 10}, {"backend": 50}, None]
    assert (outputs.release, outputs.canary) == (new, {})


def test_no_canary_goes_out_while_no_request_would_reach_it(world):
    outputs = deployment(world, takes_canary=lambda _: False).deploy(world.checkout.releases[-1])
    assert outputs.release == world.checkout.releases[-1]
    assert updates(world)[-1:] == [None]
    assert {"backend": 10} not in updates(world)


def test_a_step_touches_the_canary_alone(world):
    deployment(world).deploy(world.checkout.releases[-1])
    assert (
        world["targets"] == [[PROVIDER, "**::backend-canary", "**::backend-canary-route", "**::backend-image*"]] * 2
    )


def test_a_step_is_judged_by_the_behaviours_limits_for_its_own_time(world):
    limits = plan_canary(world.stack("staging"), world.checkout.releases[-1], live(world))[0].limits["backend"]
    assert (limits.seconds, limits.failed_percent) == (30, 2)


def live(world):
    return world.stack("staging").outputs()


def test_a_failed_canary_ends_at_once_and_the_previous_release_stays(world):
    *_, old, bad = world.checkout.releases

    def judge(step):
        raise BehaviourError("canary of backend: 97.6% of 41 requests failed: more than 2 % failed")

    with pytest.raises(RolledBackError, match="canary of backend: 97.6%"):
        deployment(world, judge).deploy(bad)
    assert updates(world)[-3:] == [{"backend": 10}, None, None]  # the canary ends, and then the rollback is recorded
    assert world["targets"][0] == world["targets"][1]
    assert (live(world).release, live(world).canary) == (old, {})


@pytest.mark.parametrize("failure", [OSError("no space left"), GitError("no such commit")], ids=str)
def test_whatever_fails_beside_a_canary_ends_it(world, failure):
    *_, old, new = world.checkout.releases

    def judge(step):
        raise failure

    with pytest.raises(RolledBackError, match=str(failure)):
        deployment(world, judge).deploy(new)
    assert (live(world).release, live(world).canary) == (old, {})


def test_a_canary_ends_even_where_the_rollback_has_no_images(world, monkeypatch):
    *_, old, bad = world.checkout.releases

    def judge(step):
        raise BehaviourError("bad")

    def refuse(*_):
        raise DeliveryError("the registry does not answer")

    monkeypatch.setattr("delivery.update.refuse_moved_tags", refuse)
    with pytest.raises(DeliveryError, match="the registry does not answer"):
        deployment(world, judge).deploy(bad)
    assert (live(world).release, live(world).canary) == (old, {})


def test_a_release_with_a_failed_canary_is_not_redeployed_by_itself(world):
    *_, bad = world.checkout.releases

    def judge(step):
        raise BehaviourError("bad")

    with pytest.raises(RolledBackError):
        deployment(world, judge).deploy(bad)
    with pytest.raises(RefusedError, match="rolled back"):
        refuse_rolled_back(world.stack("staging"), bad)


def test_a_canary_is_no_release_in_the_history(world):
    *_, old, new = world.checkout.releases
    seen = []
    stack = world.stack("staging")
    deployment(world, lambda _: seen.append(next(iter(list_releases(stack.history(), stack.checkout))).sha)).deploy(
        new
    )
    assert seen == [old, old]


def test_the_next_update_ends_the_canary_of_an_interrupted_deploy(world, slipway):
    """Until then `slipway stack status` shows it."""
    *_, old, new = world.checkout.releases

    def kill(step):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deployment(world, kill).deploy(new)
    assert (live(world).release, live(world).canary["backend"].percent) == (old, 10)
    said = slipway("stack", "status", "--stack", "staging")[1]
    assert f"backend: a canary of {new[:12]} has 10 % of its requests; the next update ends it" in said
    deployment(world).deploy(old)
    assert (live(world).release, live(world).canary, updates(world)[-1]) == (old, {}, None)


def test_a_deploy_of_what_is_live_ends_a_canary_that_was_left(world, slipway):
    """The runbook's command."""
    *_, old, new = world.checkout.releases
    world.stack("staging").up(new, "deploy", canary={"backend": 10})
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", old[:12])
    assert status == 0, said
    assert (live(world).release, live(world).canary, updates(world)[-2:]) == (old, {}, [{"backend": 10}, None])


def test_a_freeze_during_a_canary_ends_it(world, slipway):
    *_, old, new = world.checkout.releases
    freeze = lambda _: slipway("stack", "freeze", "--stack", "staging", "--reason", "a sale")  # noqa: E731
    with pytest.raises(HeldError, match="a sale"):
        deployment(world, freeze).deploy(new)
    assert (live(world).release, live(world).canary) == (old, {})
    refuse_rolled_back(world.stack("staging"), new)  # the release is not to blame


def test_another_update_that_is_faster_has_the_last_word(world):
    other = world.checkout.releases[3]
    with pytest.raises(RefusedError, match="start it again"):
        deployment(world, lambda _: world.run("staging", 4)).deploy(world.checkout.releases[-1])
    assert live(world).release == other


@pytest.mark.parametrize(
    "change",
    [{"host": "other.todo.example.com"}, {"databases": ["valkey"]}, {"host": None}, {"verify": {"canary": None}}],
    ids=str,
)
def test_what_needs_more_than_new_pods_goes_out_at_once(world, change):
    configure(world, **change)
    new = release(world)
    deployment(world).deploy(new)
    assert updates(world)[-1:] == [None]
    assert not any("--target" in call for call in world["calls"])


def test_a_release_that_does_not_change_the_service_has_no_canary(world):
    (world.checkout.folder / "CHANGELOG.md").write_text("## Unreleased\n")
    world.checkout.git("commit", "-q", "-a", "-m", "Change the docs")
    world.checkout.releases.append(world.checkout.git("rev-parse", "HEAD"))
    assert (
        plan_canary(world.stack("staging"), world.checkout.releases[-1], live(world)) != []
    )  # the sixth is not live
    sixth = world.checkout.releases[-2]
    deployment(world).deploy(sixth)
    assert plan_canary(world.stack("staging"), world.checkout.releases[-1], live(world)) == []


def test_jobs_of_the_release_run_before_its_canary(world):
    file = world.checkout.folder / "Pulumi.staging.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"]["slipway:services"]["prepare"] = {}
    file.write_text(yaml.safe_dump(content))
    (world.checkout.folder / "prepare").mkdir()
    (world.checkout.folder / "prepare/service.yaml").write_text("kind: job\n")
    (world.checkout.folder / "prepare/Dockerfile").write_text("FROM scratch\n")
    new = world.checkout.commit("release 7")
    first, second = plan_canary(world.stack("staging"), new, live(world))
    assert first.targets[-2:] == ["**::prepare", "**::prepare-image*"]
    assert second.jobs == ()


def test_a_canary_that_cannot_start_is_undone(world):
    *_, old, bad = world.checkout.releases
    world.change(failing=[bad])
    with pytest.raises(RolledBackError):
        deployment(world).deploy(bad)
    assert live(world).release == old


def test_steps_that_do_not_grow_are_refused(world):
    configure(world, verify={"canary": {"steps": [50, 10]}})
    with pytest.raises(DeliveryError, match=r"write `steps` that grow, such as \[10, 50\]"):
        deployment(world).deploy(release(world))
