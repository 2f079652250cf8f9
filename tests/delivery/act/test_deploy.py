"""The workflow deploy updates staging after ci, and prod after an approval."""

from __future__ import annotations

import json

import pytest

from tests.delivery.act.events import end_ci_at
from tests.delivery.act.runner import ACT_RUN, SUCCEEDED
from tests.delivery.github.approvals import make_approvals

pytestmark = pytest.mark.timeout(400)  # a workflow is a dozen processes


def test_merge_after_ci_goes_to_staging_scanned_signed_and_attested(act, world, cosign):
    jobs, said = act.run("deploy", "workflow_run", end_ci_at(world, 4))
    assert jobs == dict.fromkeys(("plan", "staging", "scan", "sign", "notify"), SUCCEEDED), said
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
    jobs, said = act.run("deploy", "workflow_run", end_ci_at(world, 4, **run))
    assert set(jobs) <= {"notify"}, said
    assert world["stacks"] == {}


def test_a_merge_whose_required_checks_failed_is_not_deployed(act, world, github):
    github.add_check(world.checkout.releases[3], conclusion="failure")
    jobs, said = act.run("deploy", "workflow_run", end_ci_at(world, 4))
    assert jobs == {"plan": "failed", "notify": SUCCEEDED}, said
    assert world["stacks"] == {}


def test_a_release_that_fails_is_rolled_back_and_never_signed(act, world, cosign):
    world.run("staging", 2)
    world.change(failing=[world.checkout.releases[3]])
    jobs, said = act.run("deploy", "workflow_run", end_ci_at(world, 4))
    assert jobs == {"plan": SUCCEEDED, "staging": "failed", "notify": SUCCEEDED}, said
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[1]
    assert json.loads(cosign.read_text())["calls"] == []


@pytest.fixture
def staged(act, world, github):
    """Staging runs v1.0.0, and left evidence of it; prod runs an earlier one; ada started the run that goes there."""
    world.run("staging", 2)
    world.run("prod", 1)
    jobs, said = act.run("deploy", "workflow_dispatch", stack="staging", release="v1.0.0")
    assert jobs["sign"] == SUCCEEDED, said
    files = {file.name: file.read_text() for file in (act.artifacts / "staging-release").iterdir()}
    github.add_run(80, path=".github/workflows/deploy.yml", head_sha=world.checkout.releases[1])
    github.add_artifact("staging-release", files)
    ada = {"login": "ada"}
    return github.add_run(
        ACT_RUN, path=".github/workflows/deploy.yml", status="in_progress", actor=ada, triggering_actor=ada
    )


def test_a_version_goes_to_prod_after_facts_preview_and_approval(act, world, staged):
    staged["approvals"] = make_approvals("bob")
    jobs, said = act.run("deploy", "workflow_dispatch", stack="prod", release="v1.0.0")
    names = ("plan", "production-facts", "production-preview", "production", "notify")
    assert jobs == dict.fromkeys(names, SUCCEEDED), said
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[1]
    assert json.loads((act.artifacts / "prod-release/release.json").read_text())["version"] == "v1.0.0"


def test_production_is_left_alone_when_who_asked_approved(act, world, staged):
    staged["approvals"] = make_approvals("ada")
    jobs, said = act.run("deploy", "workflow_dispatch", stack="prod", release="v1.0.0")
    assert (jobs["production-facts"], jobs["production"]) == (SUCCEEDED, "failed"), said
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[0]


def test_production_is_left_alone_when_an_image_is_not_signed(act, world, staged, cosign):
    staged["approvals"] = make_approvals("bob")
    cosign.write_text(json.dumps({"unsigned": True, "calls": []}))
    jobs, said = act.run("deploy", "workflow_dispatch", stack="prod", release="v1.0.0")
    assert jobs["production"] == "failed", said
    assert "is not signed by this repository's deploy" in said
    assert world["stacks"]["prod"]["outputs"]["release"] == world.checkout.releases[0]
