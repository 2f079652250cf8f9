from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tests.delivery.served import served


@pytest.fixture
def staged(world, github, attested, slipway, tmp_path):
    """Staging runs release 2, v1.0.0, and left evidence of it."""
    world.checkout.git("update-ref", "refs/remotes/origin/develop", "HEAD")
    assert (
        slipway("stack", "deploy", "--stack", "staging", "--release", "v1.0.0", "--evidence", tmp_path / "e")[0] == 0
    )
    files = {file.name: file.read_text() for file in (tmp_path / "e").iterdir()}
    github.add_run(80, path=".github/workflows/deploy.yml", head_sha=world.checkout.releases[1])
    github.add_artifact("staging-release", files)
    return world, files


def test_every_fact_is_established_without_a_secret(staged, slipway, summary):
    status, said = slipway("ci", "gate", "--release", "v1.0.0")
    assert status == 0, said
    rows = [line.split(" | ")[0:2] for line in summary().splitlines() if line.startswith(("| ✅", "| ·"))]
    assert [name for _, name in rows] == [
        "merged",
        "staging carries it",
        "staging was verified",
        "backend answers",
        "backend image",
        "provenance of release.json",
        "provenance of backend.manifest.json",
        "newer than production",
    ]
    assert "❌" not in summary()


def refused(slipway, fact, release="v1.0.0"):
    status, said = slipway("ci", "gate", "--release", release)
    assert status == 3, said
    assert fact in said, said


def test_a_release_that_staging_does_not_carry_is_refused(staged, slipway):
    world, _ = staged
    refused(slipway, f"staging carries it: staging runs {world.checkout.releases[1][:12]}", "v1.1.0")


def test_a_release_that_nobody_merged_is_refused(staged, github, slipway):
    world, files = staged
    world.checkout.git("update-ref", "refs/remotes/origin/develop", world.checkout.releases[0])
    github.add_run(81, path=".github/workflows/deploy.yml", head_sha=world.checkout.releases[0])  # by main's code
    github.add_artifact("staging-release", files, run=81)
    refused(slipway, "merged: part of neither of origin/main, origin/develop")


def test_staging_itself_is_asked_what_it_runs(staged, slipway):
    world, _ = staged
    world.service.file.write_text("000000000000")
    refused(slipway, f"backend answers: {world.service.url} runs 000000000000")


def test_evidence_that_this_repository_did_not_make_is_refused(staged, attested, slipway):
    attested.write_text(json.dumps({"forged": ["release.json"]}))
    refused(slipway, "provenance of release.json: Error: no attestations found")


def test_an_image_without_provenance_is_refused(staged, attested, slipway):
    attested.write_text(json.dumps({"forged": ["backend.manifest.json"]}))
    refused(slipway, "provenance of backend.manifest.json")


def test_a_manifest_that_is_not_the_images_is_refused(staged, github, slipway):
    _, files = staged
    github.add_artifact("staging-release", {**files, "backend.manifest.json": "{}"}, created="2026-11-21T00:00:00Z")
    refused(slipway, "backend image: sha256:")


def test_evidence_that_a_fork_left_is_passed_over(staged, github, slipway):
    github.add_artifact(
        "staging-release", {"release.json": "{}"}, head_repository=666, created="2026-11-21T00:00:00Z"
    )
    assert slipway("ci", "gate", "--release", "v1.0.0")[0] == 0


@pytest.mark.parametrize(
    "run",
    [{"head_sha": "not merged"}, {"path": ".github/workflows/mine.yml"}, {"event": "pull_request"}],
    ids=["by the code of a tag that is named like a branch", "of another workflow", "of a pull request from develop"],
)
def test_evidence_that_another_run_left_is_passed_over(staged, github, slipway, run):
    world, _files = staged
    world.checkout.git("checkout", "-q", "-b", "mine")
    unmerged = world.checkout.commit("something else")
    fields = {"path": ".github/workflows/deploy.yml", "head_sha": world.checkout.releases[1], **run}
    github.add_run(81, **{**fields, **({"head_sha": unmerged} if "head_sha" in run else {})})
    github.add_artifact("staging-release", {"release.json": "{}"}, run=81, created="2026-11-21T00:00:00Z")
    assert slipway("ci", "gate", "--release", "v1.0.0")[0] == 0


def test_evidence_that_another_branch_left_is_passed_over(staged, github, slipway):
    github.add_artifact("staging-release", {"release.json": "{}"}, branch="mine", created="2026-11-21T00:00:00Z")
    assert slipway("ci", "gate", "--release", "v1.0.0")[0] == 0


def test_evidence_of_another_stack_is_refused(staged, github, slipway):
    _, files = staged
    prod = json.dumps({**json.loads(files["release.json"]), "stack": "prod"})
    github.add_artifact("staging-release", {**files, "release.json": prod}, created="2026-11-21T00:00:00Z")
    refused(slipway, "staging carries it: prod runs")


def test_evidence_that_would_be_written_elsewhere_is_refused(staged, github, slipway):
    github.add_artifact("staging-release", {"../../x": "1"}, created="2026-11-21T00:00:00Z")
    status, said = slipway("ci", "gate", "--release", "v1.0.0")
    assert (status, "only plain files belong there" in said) == (1, True)


def of_prod(staged, release=3, **more):
    """The evidence that a deploy of a release to production leaves."""
    world, files = staged
    return json.dumps(
        {**json.loads(files["release.json"]), "stack": "prod", "release": world.checkout.releases[release], **more}
    )


def test_what_is_older_than_production_is_refused(staged, github, slipway):
    github.add_artifact("prod-release", {"release.json": of_prod(staged)})
    refused(slipway, "newer than production: production runs")


def test_evidence_of_production_from_another_branch_is_ignored(staged, github, slipway, summary):
    github.add_artifact("prod-release", {"release.json": of_prod(staged, release=0)})
    github.add_artifact(
        "prod-release", {"release.json": of_prod(staged)}, branch="mine", created="2026-11-21T00:00:00Z"
    )
    assert slipway("ci", "gate", "--release", "v1.0.0")[0] == 0
    assert "❌" not in summary()


def test_evidence_of_production_that_nobody_attested_is_refused(staged, github, attested, slipway):
    github.add_artifact("prod-release", {"release.json": of_prod(staged, release=0)})
    attested.write_text(json.dumps({"forged": ["prod/release.json"]}))
    refused(slipway, "provenance of production's release.json: Error: no attestations found")


def test_evidence_of_production_that_is_of_another_stack_is_refused(staged, github, slipway):
    github.add_artifact("prod-release", {"release.json": of_prod(staged, release=0, stack="staging")})
    refused(slipway, "newer than production: the evidence is of staging")


@pytest.mark.parametrize("name", ["staging-release", "prod-release"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        '{"stack": "st',
        "<html>",
        "{}",
        "\\xff",
        '{"stack": "staging", "services": {"backend": 5}}',
    ],
)
def test_invalid_evidence_is_an_error_and_no_traceback(staged, github, slipway, name, text):
    _, files = staged
    github.add_artifact(name, {**files, "release.json": text}, created="2026-11-21T00:00:00Z")
    status, said = slipway("ci", "gate", "--release", "v1.0.0")
    assert (status, "release.json is not evidence of a deploy" in said) == (1, True), said


@pytest.mark.parametrize(
    "change",
    [
        {"image": "registry/acme/backend@sha256:" + "a" * 64},
        {"image": "registry/acme/backend:latest"},
        {"digest": "latest"},
    ],
)
def test_an_image_whose_name_and_digest_differ_is_an_error(staged, github, slipway, change):
    _, files = staged
    content = json.loads(files["release.json"])
    content["services"]["backend"] |= change
    github.add_artifact(
        "staging-release", {**files, "release.json": json.dumps(content)}, created="2026-11-21T00:00:00Z"
    )
    status, said = slipway("ci", "gate", "--release", "v1.0.0")
    assert (status, "backend: the image" in said) == (1, True), said


@pytest.mark.parametrize(
    "body", ["null", "[]", '"ok"', "7", "{}", "<html>", '{"sha": null}', '{"sha": ["3f2a"]}', ""]
)
def test_an_invalid_version_fails_the_gate(staged, github, slipway, body):
    _, files = staged
    with served(
        Starlette(routes=[Route("/version", lambda _: Response(body, media_type="application/json"))])
    ) as url:
        content = json.loads(files["release.json"])
        content["services"]["backend"]["url"] = url
        github.add_artifact(
            "staging-release", {**files, "release.json": json.dumps(content)}, created="2026-11-21T00:00:00Z"
        )
        refused(slipway, "backend answers: ")


@pytest.mark.parametrize("url", ["", "staging", "http://[", "ftp://x", "http://127.0.0.1:9"])
def test_an_invalid_url_fails_the_gate(staged, github, slipway, url):
    _, files = staged
    content = json.loads(files["release.json"])
    content["services"]["backend"]["url"] = url
    github.add_artifact(
        "staging-release", {**files, "release.json": json.dumps(content)}, created="2026-11-21T00:00:00Z"
    )
    refused(slipway, "backend answers: ")


def test_without_evidence_there_is_nothing_to_promote(world, github, attested, slipway):
    status, said = slipway("ci", "gate", "--release", "v1.0.0")
    assert (status, "deploy this release to staging first" in said) == (3, True)


def test_where_the_plan_has_no_attestations_it_is_said(staged, attested, slipway, summary):
    attested.write_text(json.dumps({"forged": ["release.json"]}))
    assert slipway("ci", "gate", "--release", "v1.0.0", "--without-attestations")[0] == 0
    assert "| · | provenance | no attestations here" in summary()
