"""The workflows that change a stack, and the one that reports, run from first to last."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from slipway import __main__ as command_line
from tests.delivery.act.runner import end_ci, prepare_act
from tests.delivery.script_server import write_script

SECRETS = {
    "GITHUB_TOKEN": "gh-token",
    "DIGITALOCEAN_TOKEN": "token",
    "PULUMI_CONFIG_PASSPHRASE": "passphrase",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}
ACT_RUN = 1  # the id that act gives every run
DONE = "succeeded"
MAIN = Path(command_line.__file__)
pytestmark = pytest.mark.timeout(400)  # a workflow is a dozen processes


@pytest.fixture
def act(world, github, attested, cosign, tmp_path):
    """The workflows of a repository whose develop has four releases, and passed ci with each."""
    names = ("PATH", "FAKE_PULUMI", "FAKE_COSIGN", "FAKE_GH", "DOCKER_CONFIG", "GITHUB_API_URL")
    for number, sha in enumerate(world.checkout.releases):
        github.add_check(sha)
        github.add_run(60 + number, head_sha=sha, conclusion="success")
    give_images_a_configuration(world)
    github.add_tag("v1.0.0", world.checkout.releases[1])
    github.add_tag("v1.1.0", world.checkout.releases[3])
    environment = {name: os.environ[name] for name in names}
    environment["DIGITALOCEAN_API_URL"] = "http://127.0.0.1:9"  # nobody gives a login, and the registry asks for none
    slipway = tmp_path / "slipway"
    write_script(slipway, MAIN, "slipway", "delivery")
    return prepare_act(world.checkout.folder, tmp_path / "act", environment, SECRETS, str(slipway))


def give_images_a_configuration(world):
    """As a real image has one, which a scanner names it by."""
    releases = world["releases"]
    for sha, outputs in releases.items():
        config = world.registry.add_blob(json.dumps({"architecture": "amd64", "release": sha}).encode())
        manifest = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"digest": config}}
        digest = world.registry.push("acme/backend", sha[:12], json.dumps(manifest))
        service = outputs["services"]["backend"]
        service.update(digest=digest, image=f"{service['image'].partition('@')[0]}@{digest}")
    world.change(releases=releases)


def ci_passed(world, number, **fields):
    """What GitHub sends when ci has ended at a release."""
    return end_ci(world.checkout.releases[number - 1], **fields)


def test_merge_after_ci_goes_to_staging_scanned_signed_and_attested(act, world, cosign):
    jobs, said = act.run("deploy", "workflow_run", ci_passed(world, 4))
    assert jobs == dict.fromkeys(("plan", "staging", "scan", "sign", "notify"), DONE), said
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[3]
    evidence = json.loads((act.artifacts / "staging-release/release.json").read_text())
    digest = evidence["services"]["backend"]["digest"]
    [layout] = json.loads((act.artifacts / "deployed/images/backend/index.json").read_text())["manifests"]
    [signed] = [call for call in json.loads(cosign.read_text())["calls"] if call[0] == "sign"]
    assert layout["digest"] == digest
    assert signed[-1].endswith(f"@{digest}")
    assert "release.json" in (act.artifacts / "attested").read_text()


@pytest.mark.parametrize(
    "run",
    [
        {"conclusion": "failure"},
        {"conclusion": "timed_out"},
        {"event": "pull_request"},
        {"head_repository": {"full_name": "somebody/todo"}},
    ],
    ids=lambda run: next(iter(run)),
)
def test_any_other_end_of_ci_deploys_nothing(act, world, run):
    jobs, said = act.run("deploy", "workflow_run", ci_passed(world, 4, **run))
    assert set(jobs) <= {"notify"}, said
    assert world["stacks"] == {}


def test_a_merge_whose_required_checks_failed_is_not_deployed(act, world, github):
    github.add_check(world.checkout.releases[3], conclusion="failure")
    jobs, said = act.run("deploy", "workflow_run", ci_passed(world, 4))
    assert jobs == {"plan": "failed", "notify": DONE}, said
    assert world["stacks"] == {}


def test_a_release_that_fails_is_rolled_back_and_never_signed(act, world, cosign):
    world.run("staging", 2)
    world.change(failing=[world.checkout.releases[3]])
    jobs, said = act.run("deploy", "workflow_run", ci_passed(world, 4))
    assert jobs == {"plan": DONE, "staging": "failed", "notify": DONE}, said
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[1]
    assert json.loads(cosign.read_text())["calls"] == []


@pytest.fixture
def staged(act, world, github):
    """Staging runs v1.0.0, and left evidence of it; prod runs an earlier one; ada started the run that goes there."""
    world.run("staging", 2)
    world.run("prod", 1)
    jobs, said = act.run("deploy", "workflow_dispatch", stack="staging", release="v1.0.0")
    assert jobs["sign"] == DONE, said
    files = {file.name: file.read_text() for file in (act.artifacts / "staging-release").iterdir()}
    github.add_run(80, path=".github/workflows/deploy.yml", head_sha=world.checkout.releases[1])
    github.add_artifact("staging-release", files)
    ada = {"login": "ada"}
    return github.add_run(
        ACT_RUN, path=".github/workflows/deploy.yml", status="in_progress", actor=ada, triggering_actor=ada
    )


def approved_by(login):
    return [{"state": "approved", "user": {"login": login}, "environments": [{"id": 1, "name": "production"}]}]


def test_a_version_goes_to_prod_after_facts_preview_and_approval(act, world, staged):
    staged["approvals"] = approved_by("bob")
    jobs, said = act.run("deploy", "workflow_dispatch", stack="prod", release="v1.0.0")
    names = ("plan", "production-facts", "production-preview", "production", "notify")
    assert jobs == dict.fromkeys(names, DONE), said
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[1]
    assert json.loads((act.artifacts / "prod-release/release.json").read_text())["version"] == "v1.0.0"


def test_production_is_left_alone_when_who_asked_approved(act, world, staged):
    staged["approvals"] = approved_by("ada")
    jobs, said = act.run("deploy", "workflow_dispatch", stack="prod", release="v1.0.0")
    assert (jobs["production-facts"], jobs["production"]) == (DONE, "failed"), said
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[0]


def test_production_is_left_alone_when_an_image_is_not_signed(act, world, staged, cosign):
    staged["approvals"] = approved_by("bob")
    cosign.write_text(json.dumps({"unsigned": True, "calls": []}))
    jobs, said = act.run("deploy", "workflow_dispatch", stack="prod", release="v1.0.0")
    assert jobs["production"] == "failed", said
    assert "is not signed by this repository's deploy" in said
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[0]


def test_a_rollback_clears_its_queue_and_leaves_evidence(act, world, github):
    world.run("staging", 2, 3)
    github.add_run(ACT_RUN, path=".github/workflows/rollback.yml", status="in_progress")
    github.add_job(ACT_RUN, "rollback", None)
    github.jobs[ACT_RUN][0]["status"] = "in_progress"
    waiting = github.add_run(80, path=".github/workflows/deploy.yml", status="waiting", waits_for=["staging"])
    jobs, said = act.run("rollback", "workflow_dispatch", stack="staging", to="previous")
    assert jobs == dict.fromkeys(("clear-queue", "rollback", "notify"), DONE), said
    assert waiting["conclusion"] == "cancelled"
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[1]
    assert json.loads((act.artifacts / "staging-release/release.json").read_text())["stack"] == "staging"


def test_a_merge_after_a_rollback_is_held(act, world, github):
    world.run("staging", 2, 3)
    github.add_run(ACT_RUN, path=".github/workflows/rollback.yml", status="in_progress")
    github.add_job(ACT_RUN, "rollback", None)
    github.jobs[ACT_RUN][0]["status"] = "in_progress"
    act.run("rollback", "workflow_dispatch", stack="staging", to="previous")
    jobs, said = act.run("deploy", "workflow_run", ci_passed(world, 4))
    assert jobs == {"plan": DONE, "staging": "failed", "notify": DONE}, said
    assert "slipway stack resume --stack staging" in said
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[1]


def test_a_failure_of_ci_gets_an_issue(act, world, github):
    github.add_run(70, head_sha=world.checkout.releases[3])
    github.add_job(70, "lint", "failure", log="2026-11-20T07:00:00Z ##[error]E501 line too long\n")
    jobs, said = act.run("report", "workflow_run", ci_passed(world, 4, conclusion="failure"))
    assert jobs == {"report": DONE, "notify": DONE}, said
    [issue] = github.issues
    assert "lint" in issue["title"]
    assert "E501 line too long" in issue["body"]


@pytest.mark.parametrize("name", ["deploy", "rollback"])
def test_a_failed_deploy_sends_no_second_message(act, world, github, name):
    file = f".github/workflows/{name}.yml"
    github.add_run(70, path=file, head_sha=world.checkout.releases[3])
    # GitHub puts the title of the run where its workflow's name was.
    payload = ci_passed(
        world, 4, conclusion="failure", path=file, name=f"{name} v1.0.0 to prod", event="workflow_run"
    )
    jobs, said = act.run("report", "workflow_run", payload)
    assert jobs == {"report": DONE}, said


def test_a_version_tag_only_starts_deploy_on_main(act, world, tmp_path):
    gh = tmp_path / "bin/gh"
    gh.write_text('#!/bin/sh\necho "$@" >> "$ARTIFACTS/gh"\n')
    payload = {"ref": "refs/tags/v1.0.0"}
    jobs, said = act.run("release", "push", payload)
    assert jobs == {"dispatch": DONE}, said
    assert (act.artifacts / "gh").read_text().startswith("workflow run deploy.yml --repo acme/todo --ref main")
    assert world["stacks"] == {}


def open_pull_request(world, *, repository="acme/todo", kind="User"):
    """What GitHub sends when a pull request is opened whose head is develop's newest commit."""
    head = {"sha": world.checkout.releases[3], "ref": "fix", "repo": {"full_name": repository}}
    return {"action": "opened", "pull_request": {"number": 7, "head": head, "user": {"login": "ada", "type": kind}}}


@pytest.mark.parametrize(
    "facts", [{"repository": "somebody/todo"}, {"kind": "Bot"}], ids=lambda facts: next(iter(facts))
)
def test_a_pull_request_of_a_fork_or_of_a_bot_gets_no_environment(act, world, github, facts):
    jobs, said = act.run("preview-environment", "pull_request_target", open_pull_request(world, **facts))
    assert jobs == {}, said
    assert github.comments == []


def test_a_run_without_preview_environments_is_green_with_no_comment(act, world, github):
    github.add_pull(7)
    jobs, said = act.run("preview-environment", "pull_request_target", open_pull_request(world))
    assert jobs == {"wanted": DONE}, said
    assert github.comments == []


def test_a_pull_request_whose_environment_fails_is_told(act, world, github):
    github.add_pull(7)
    allow_environments(act)
    jobs, said = act.run("preview-environment", "pull_request_target", open_pull_request(world))
    assert jobs == {"wanted": DONE, "plan": "failed", "comment": DONE}, said
    [comment] = github.comments
    assert (comment["number"], "the run has the reason" in comment["body"]) == (7, True)
    assert world["stacks"] == {}


def allow_environments(act):
    """Main's stack file of staging has the key, and what a whole one needs is left out: no plan comes of it."""
    file = act.folder / "Pulumi.staging.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"]["slipway:previewEnvironments"] = {}
    content["config"].pop("slipway:cluster")
    file.write_text(yaml.safe_dump(content))
    git = ["git", "-C", act.folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run([*git, "commit", "--quiet", "-a", "-m", "Have preview environments"], check=True)
    subprocess.run([*git, "push", "--quiet", "--force", act.origin, "HEAD:main"], check=True)
