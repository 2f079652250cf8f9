from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.applications import Starlette

from delivery.change import NotStartedError
from delivery.deploy import Deployment
from delivery.outcome import RefusedError
from delivery.stack.pulumi_cli import PulumiError
from delivery.stack.pulumi_stack import PulumiStack
from tests.delivery.conftest import LOCKED
from tests.delivery.served import served

TOKEN = "dop_v1_" + "a" * 64


def test_release_is_deployed_verified_and_summarised(world, slipway, summary, tmp_path):
    world.run("staging", 1)
    status, said = slipway(
        "stack", "deploy", "--stack", "staging", "--release", "v1.0.0", "--evidence", tmp_path / "evidence"
    )
    sha = world.checkout.releases[1]
    assert status == 0, said
    assert f"backend: version: passed: runs {sha[:12]}" in said
    assert f"✅ staging runs `{sha[:12]}` v1.0.0" in summary()
    evidence = json.loads((tmp_path / "evidence/release.json").read_text())
    assert (evidence["release"], evidence["version"], evidence["checked"]) == (sha, "v1.0.0", True)
    manifest = (tmp_path / "evidence/backend.manifest.json").read_text()
    assert manifest == world.registry.manifests[f"acme/backend:{sha[:12]}"]


def test_what_the_registry_holds_is_never_built_again(world, slipway):
    release = world.checkout.releases[3]
    assert slipway("stack", "deploy", "--stack", "staging", "--release", release)[0] == 0
    assert world["stacks"]["staging"]["history"][0]["config"]["slipway:images"]["value"] == "registry"
    world.registry.manifests.pop(f"acme/backend:{release[:12]}")
    assert slipway("stack", "deploy", "--stack", "staging", "--release", release)[0] == 0
    assert world["stacks"]["staging"]["history"][0]["config"]["slipway:images"]["value"] == "build:backend"


def test_the_first_deploy_builds_all_images_if_there_is_no_registry(world, slipway, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", TOKEN)
    release = world.checkout.releases[3]
    with served(Starlette()) as url:  # which answers 404 to everything
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        status, said = slipway("stack", "deploy", "--stack", "staging", "--release", release)
    assert status == 0, said
    assert world["stacks"]["staging"]["history"][0]["config"]["slipway:images"]["value"] == "build"


def test_an_older_release_is_skipped(world, slipway, summary, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    world.run("staging", 3)
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", world.checkout.releases[0])
    assert (status, "is older, and is not deployed" in said) == (0, True)
    assert "up" not in world.commands()
    assert (tmp_path / "output").read_text() == "released=false\nrolled-back=false\nheld=false\n"
    assert "newer release" in summary()


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


def test_running_release_is_deployed_again(world, slipway):
    world.run("staging", 3)
    assert slipway("stack", "deploy", "--stack", "staging", "--release", world.checkout.releases[2])[0] == 0
    assert "up" in world.commands()


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


def test_when_the_rollback_fails_too_a_person_is_called(world, slipway):
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


def test_first_release_without_a_url_fails_and_the_next_is_refused(world, slipway):
    releases = world["releases"]
    for outputs in releases.values():
        outputs["services"]["backend"]["url"] = None
    world.change(releases=releases)
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert (status, "no service of the stack has a URL" in said) == (1, True), said
    updates = world.commands().count("up")
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert (status, "no service of staging has a URL" in said) == (3, True), said
    assert world.commands().count("up") == updates
    assert slipway("stack", "deploy", "--stack", "staging", "--url", f"backend={world.service.url}")[0] == 0


def test_promotion_that_cannot_be_verified_is_refused(world, slipway):
    world.run("staging", 2)
    releases = world["releases"]
    releases[world.checkout.releases[0]]["services"]["backend"]["url"] = None
    world.change(releases=releases)
    world.run("prod", 1)
    status, said = slipway("stack", "promote", "--release", "v1.0.0")
    assert (status, "no service of prod has a URL" in said) == (3, True), said
    assert "up" not in world.commands()


URN = "urn:pulumi:staging::slipway::"


def pending(kind, type_, name, *, custom=True):
    return {"type": kind, "resource": {"urn": f"{URN}{type_}::{name}", "type": type_, "custom": custom}}


def test_creation_that_is_safe_to_repeat_is_cleared_and_named(world, slipway):
    world.run("staging", 1)
    release, image = pending("creating", "kubernetes:helm.sh/v3:Release", "backend"), pending("creating", "docker:index/image:Image", "backend-image")  # fmt: skip
    component = pending("creating", "slipway:service:Service", "backend", custom=False)
    world.change(pending=[release, image, component])
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert status == 0, said
    for each in (release, image, component):
        assert f"cleared a pending operation of an update that was killed: creating {each['resource']['urn']}" in said
    (refresh,) = [words for words in world["calls"] if words[0] == "refresh"]
    assert "--clear-pending-creates" in refresh


def test_a_pending_update_is_refreshed_without_dropping_creations(world, slipway):
    world.run("staging", 1)
    world.change(pending=[pending("updating", "digitalocean:index/vpc:Vpc", "network")])
    assert slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")[0] == 0
    (refresh,) = [words for words in world["calls"] if words[0] == "refresh"]
    assert "--clear-pending-creates" not in refresh


def test_lock_and_pending_operations_of_a_dead_run_are_both_settled(world, slipway, github):
    world.run("staging", 1)
    world.change(lock=LOCKED, pending=[pending("deleting", "digitalocean:index/vpc:Vpc", "network")])
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert (status, "cleared a pending operation" in said) == (0, True), said


def test_a_lock_of_a_dead_run_is_removed_and_the_release_goes_on(world, slipway, github):
    world.run("staging", 1)
    world.change(lock=LOCKED)
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert status == 0, said
    assert "runner@fv-az1234-567 (process 4711), since 2026-11-20 07:00:00 UTC: can be removed" in said


def test_held_lock_stays_and_nothing_is_rolled_back(world, slipway):
    world.run("staging", 1)
    world.change(lock=LOCKED.replace("runner@", "ada@"))
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert status == 3
    assert "ada is a person" in said
    assert [entry["message"] for entry in world["stacks"]["staging"]["history"]] == [
        f"deploy {world.checkout.releases[0][:12]}"
    ]


def test_no_secret_reaches_the_terminal(world, slipway, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", TOKEN)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse")
    world.change(failing=[world.checkout.releases[3]])
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", "HEAD")
    assert status == 1
    assert "updating staging with token [redacted]" in said
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["stack", "deploy"], 2, "--stack"),
        (["stack", "deploy", "--stack", "staging", "--release", "v9.9.9"], 3, "'v9.9.9' names no commit here"),
        (["stack", "deploy", "--stack", "qa"], 5, "cannot read Pulumi.qa.yaml"),
        (
            ["stack", "deploy", "--stack", "staging", "--url", "https://x"],
            2,
            "--url: 'https://x'; write it such as backend=https://todo.example.com",
        ),
        (["lanch"], 2, "No such command 'lanch'"),
        (["stack", "rollback", "--stack", "staging"], 2, "--to"),
        (["stack", "rollback", "--stack", "staging", "--to", "previous"], 3, "staging runs nothing"),
        (["stack", "promote", "--release", "HEAD"], 3, "staging runs nothing"),
    ],
)
def test_bad_input_is_named(world, slipway, words, status, message):
    got, said = slipway(*words)
    assert (got, message in said) == (status, True), said
    assert "up" not in world.commands()


def test_without_the_cli_nothing_is_tried(checkout, slipway, monkeypatch):
    import shutil

    git = shutil.which("git")
    folder = checkout.folder.parent / "only-git"
    folder.mkdir()
    (folder / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(folder))
    status, said = slipway("stack", "deploy", "--stack", "staging")
    assert status == 5
    assert "the Pulumi CLI is not on PATH" in said


def test_a_shallow_clone_is_not_asked_which_release_is_newer(world, slipway, monkeypatch, tmp_path):
    world.checkout.git("clone", "-q", "--depth=1", f"file://{world.checkout.folder}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    status, said = slipway("stack", "deploy", "--stack", "staging")
    assert (status, "fetch-depth: 0" in said) == (5, True)


def test_an_unreadable_answer_of_pulumi_is_an_error_not_a_guess(world, slipway):
    stacks = {"staging": {"history": [{"kind": 7}], "outputs": {"release": "x", "services": 5}}}
    world.change(stacks=stacks)
    status, said = slipway("stack", "status", "--stack", "staging")
    assert (status, "the outputs of staging are not as expected" in said) == (1, True)
    with pytest.raises(Exception, match="history` of staging is not as expected"):
        list(PulumiStack("staging", Path(world.checkout.folder)).history())


def raise_key_error(*_, **__):
    raise KeyError("mediaType")


def test_any_error_in_verification_restores_the_previous_release(world, slipway, monkeypatch):
    from delivery.verification.verification import Verification

    world.run("staging", 2)
    bad, verify = world.checkout.releases[3], Verification.__call__

    def fail_once(self, outputs):
        return raise_key_error() if outputs.release == bad else verify(self, outputs)

    monkeypatch.setattr(Verification, "__call__", fail_once)
    status, said = slipway("stack", "deploy", "--stack", "staging", "--release", bad)
    assert (status, "unexpected KeyError: 'mediaType'" in said) == (6, True), said
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[1]


def test_unwritable_evidence_fails_cleanly_after_the_release(world, slipway, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    monkeypatch.setattr("delivery.commands.target.write_evidence", raise_key_error)
    status, said = slipway("stack", "deploy", "--stack", "staging", "--evidence", tmp_path / "e")
    assert (status, "verified, and evidence of it could not be written" in said) == (1, True), said
    assert (tmp_path / "out").read_text() == "released=true\nrolled-back=false\nheld=false\n"


def test_a_failed_deploy_sets_every_output(world, slipway, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    world.run("staging", 2)
    world.change(failing=[world.checkout.releases[3]])
    assert slipway("stack", "deploy", "--stack", "staging", "--release", "v1.1.0")[0] == 6
    assert (tmp_path / "out").read_text() == "released=false\nrolled-back=true\nheld=false\n"
