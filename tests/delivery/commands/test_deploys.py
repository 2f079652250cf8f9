"""The workflow deploy.yml asks what it deploys and where, and whether the images are signed."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    """The step's outputs, as a function that reads them."""
    file = tmp_path / "outputs"
    file.touch()
    monkeypatch.setenv("GITHUB_OUTPUT", str(file))
    return lambda: dict(line.partition("=")[::2] for line in file.read_text().splitlines())


@pytest.fixture
def clone(checkout):
    """A clone whose origin/develop has the first three releases."""
    checkout.git("update-ref", "refs/remotes/origin/develop", checkout.releases[2])
    return checkout


def test_a_merge_to_develop_goes_to_staging(clone, slipway, outputs):
    status, said = slipway("ci", "plan", "--pushed", "develop", "--release", clone.releases[2])
    assert status == 0, said
    assert outputs() == {"stack": "staging", "release": clone.releases[2], "version": ""}


def test_a_merge_to_main_goes_nowhere(clone, slipway, outputs):
    status, said = slipway("ci", "plan", "--pushed", "main", "--release", clone.releases[2])
    assert (status, outputs()["stack"]) == (0, "")
    assert "no stack runs the branch main" in said


def test_where_there_is_one_branch_its_merges_go_to_staging(clone, slipway, outputs):
    clone.write_branches("trunk")
    clone.git("update-ref", "refs/remotes/origin/trunk", clone.releases[2])
    status, said = slipway("ci", "plan", "--pushed", "trunk", "--release", clone.releases[2])
    assert (status, outputs()["stack"]) == (0, "staging"), said


def test_a_person_names_a_version(clone, slipway, outputs):
    assert slipway("ci", "plan", "--stack", "prod", "--release", "v1.0.0")[0] == 0
    assert outputs() == {"stack": "prod", "release": clone.releases[1], "version": "v1.0.0"}


def test_a_person_who_names_no_release_gets_the_newest_of_the_branch(clone, slipway, outputs):
    assert slipway("ci", "plan", "--stack", "staging")[0] == 0
    assert outputs()["release"] == clone.releases[2]


def test_the_requested_version_counts_where_a_commit_has_two(clone, slipway, outputs):
    clone.git("tag", "v1.0.1", clone.releases[1])
    assert slipway("ci", "plan", "--stack", "prod", "--release", "v1.0.0")[0] == 0
    assert outputs()["version"] == "v1.0.0"


def test_a_commit_within_a_pull_request_goes_nowhere(clone, slipway, outputs):
    clone.git("checkout", "-q", "-b", "change", clone.releases[2])
    inner = clone.commit("a change that the next one takes back")
    clone.commit("taken back")
    clone.git("checkout", "-q", "--detach", clone.releases[2])
    clone.git("merge", "-q", "--no-ff", "-m", "merge", "change")
    clone.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    status, said = slipway("ci", "plan", "--stack", "staging", "--release", inner)
    assert (status, "only what was merged is deployed" in said) == (3, True), said
    assert slipway("ci", "plan", "--stack", "staging", "--release", "HEAD")[0] == 0


def test_a_release_that_nobody_merged_goes_nowhere(clone, slipway, outputs):
    status, said = slipway("ci", "plan", "--stack", "prod", "--release", "v1.1.0")
    assert status == 3
    assert "part of neither of origin/main, origin/develop" in said
    assert outputs() == {}


@pytest.mark.parametrize("text", ["", "on: push", "on: {push: {branches: []}}", "on: {push: {branches: ['**']}}"])
def test_branches_that_nobody_set_are_refused_with_the_place(clone, slipway, text):
    (clone.folder / ".github/workflows/ci.yml").write_text(text)
    status, said = slipway("ci", "plan", "--stack", "staging")
    assert status == 5
    assert ".github/workflows/ci.yml: on.push.branches" in said
    assert "such as [main, develop]" in said


@pytest.fixture
def evidence(world, slipway, tmp_path):
    """What staging's deploy of release 2 left."""
    folder = tmp_path / "e"
    assert slipway("stack", "deploy", "--stack", "staging", "--release", "v1.0.0", "--evidence", folder)[0] == 0
    return folder


def test_images_that_our_deploy_signed_may_go_to_production(evidence, github, slipway, cosign):
    status, said = slipway("ci", "verify-signatures", evidence)
    assert status == 0, said
    assert "is signed" in said


def test_an_image_without_a_signature_is_refused(evidence, github, slipway, cosign):
    cosign.write_text(json.dumps({"unsigned": True, "calls": []}))
    status, said = slipway("ci", "verify-signatures", evidence)
    assert status == 3
    assert "is not signed by this repository's deploy" in said


def test_evidence_of_an_image_elsewhere_is_refused(evidence, github, slipway, cosign):
    file = evidence / "release.json"
    content = json.loads(file.read_text())
    digest = content["services"]["backend"]["digest"]
    content["services"]["backend"]["image"] = f"ghcr.io/somebody/backend@{digest}"
    file.write_text(json.dumps(content))
    status, said = slipway("ci", "verify-signatures", evidence)
    assert status == 3
    assert "which is not in" in said
