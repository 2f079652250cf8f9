"""The workflows that change a stack, run from first to last."""

from __future__ import annotations

import json
import os

import pytest

from tests.delivery.act.runner import prepare_act
from tests.delivery.provenance.test_gate import attested  # noqa: F401 - a fixture
from tests.delivery.test_promote import cosign  # noqa: F401 - a fixture

SECRETS = {
    "GITHUB_TOKEN": "gh-token",
    "DIGITALOCEAN_TOKEN": "",
    "PULUMI_CONFIG_PASSPHRASE": "passphrase",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


@pytest.fixture
def act(world, github, attested, cosign, tmp_path):  # noqa: F811
    """The workflows of a repository whose fourth release, v1.1.0, is the newest."""
    names = ("PATH", "FAKE_PULUMI", "FAKE_COSIGN", "FAKE_GH", "DOCKER_CONFIG")
    environment = {name: os.environ[name] for name in names}
    environment |= {"GITHUB_API_URL": os.environ["GITHUB_API_URL"], "PYTHONPATH": str(world.checkout.folder)}
    return prepare_act(world.checkout.folder, tmp_path / "act", environment, SECRETS)


def ci_passed(world, number, **fields):
    run = {
        "event": "push",
        "conclusion": "success",
        "head_branch": "develop",
        "head_sha": world.checkout.releases[number - 1],
        "head_repository": {"full_name": "acme/todo"},
    }
    return {"workflow_run": {**run, **fields}, "repository": {"full_name": "acme/todo", "default_branch": "main"}}


def test_a_merge_that_passed_ci_goes_to_staging_and_is_scanned_signed_and_kept(act, world):
    jobs, said = act.run("deploy", "workflow_run", ci_passed(world, 4))
    assert jobs == {
        "plan": "succeeded",
        "staging": "succeeded",
        "scan": "succeeded",
        "sign": "succeeded",
        "notify": "succeeded",
    }, said
    assert world["stacks"]["staging"]["outputs"]["release"] == world.checkout.releases[3]
    assert json.loads((act.artifacts / "staging-release/release.json").read_text())["stack"] == "staging"
