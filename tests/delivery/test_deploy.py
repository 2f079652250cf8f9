"""`slipway stack deploy` deploys a release, and refuses one that it cannot deploy or verify."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from unittest.mock import Mock

import pytest
from starlette.applications import Starlette

from delivery.stack.pulumi_stack import PulumiStack
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


def test_an_image_that_the_registry_holds_is_not_built_again(world, slipway):
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


def test_running_release_is_deployed_again(world, slipway):
    world.run("staging", 3)
    assert slipway("stack", "deploy", "--stack", "staging", "--release", world.checkout.releases[2])[0] == 0
    assert "up" in world.commands()


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


def test_a_deploy_requires_the_pulumi_cli(checkout, slipway, monkeypatch):
    git = shutil.which("git")
    folder = checkout.folder.parent / "only-git"
    folder.mkdir()
    (folder / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(folder))
    status, said = slipway("stack", "deploy", "--stack", "staging")
    assert status == 5
    assert "the Pulumi CLI is not on PATH" in said


def test_a_deploy_refuses_a_shallow_clone(world, slipway, monkeypatch, tmp_path):
    world.checkout.git("clone", "-q", "--depth=1", f"file://{world.checkout.folder}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    status, said = slipway("stack", "deploy", "--stack", "staging")
    assert (status, "fetch-depth: 0" in said) == (5, True)


def test_an_invalid_output_of_pulumi_is_an_error(world, slipway):
    stacks = {"staging": {"history": [{"kind": 7}], "outputs": {"release": "x", "services": 5}}}
    world.change(stacks=stacks)
    status, said = slipway("stack", "status", "--stack", "staging")
    assert (status, "the outputs of staging are not as expected" in said) == (1, True)
    with pytest.raises(Exception, match="history` of staging is not as expected"):
        list(PulumiStack("staging", Path(world.checkout.folder)).history())


def test_unwritable_evidence_fails_cleanly_after_the_release(world, slipway, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    monkeypatch.setattr("delivery.commands.target.write_evidence", Mock(side_effect=KeyError("mediaType")))
    status, said = slipway("stack", "deploy", "--stack", "staging", "--evidence", tmp_path / "e")
    assert (status, "verified, and evidence of it could not be written" in said) == (1, True), said
    assert (tmp_path / "out").read_text() == "released=true\nrolled-back=false\nheld=false\n"
