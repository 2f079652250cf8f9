"""Images that run are scanned every night by digest; what is new opens one issue for each stack."""

from __future__ import annotations

import json

import pytest

from tests.delivery.images.test_image_scan import scan, vulnerability

DAYS = iter(range(10, 100))


@pytest.fixture
def staged(world, github, slipway, tmp_path):
    """Staging runs release 2 and left evidence of it; the files of the evidence."""
    words = ("stack", "deploy", "--stack", "staging", "--release", "v1.0.0", "--evidence", tmp_path / "e")
    assert slipway(*words)[0] == 0
    files = {file.name: file.read_text() for file in (tmp_path / "e").iterdir()}
    github.add_artifact("staging-release", files)
    return files


def list_targets(slipway, *words):
    return slipway("ci", "scan-targets", "--stack", "staging", "--without-attestations", *words)


@pytest.fixture
def targets(staged, slipway, tmp_path):
    status, said = list_targets(slipway)
    assert status == 0, said
    (tmp_path / "targets.json").write_text(said)
    return json.loads(said)


def test_the_images_that_run_are_named_by_digest(world, targets):
    service = world["stacks"]["staging"]["outputs"]["services"]["backend"]
    image = {"image": service["image"], "digest": service["digest"]}
    assert targets == [{"stack": "staging", "service": "backend", **image}]


def test_a_stack_without_evidence_is_left_out_and_named(github, slipway, summary):
    assert slipway("ci", "scan-targets", "--stack", "prod", "--without-attestations") == (0, "[]\n")
    assert "prod: no evidence of a deploy is left" in summary()


def test_a_manifest_of_another_image_is_an_error(staged, github, slipway):
    github.add_artifact("staging-release", {**staged, "backend.manifest.json": "{}"}, created="2026-11-21T00:00:00Z")
    status, said = list_targets(slipway)
    assert (status, "the manifest of backend is sha256:" in said) == (1, True), said


@pytest.fixture
def night(targets, github, slipway, tmp_path):
    """Scan once, with these findings; the record is kept as the workflow keeps it."""

    def run(*found, text=None):
        folder = tmp_path / "scans"
        folder.mkdir(exist_ok=True)
        (folder / "staging-backend.json").write_text(scan(*found, name=targets[0]["image"]) if text is None else text)
        words = ("ci", "report-scans", folder, "--targets", tmp_path / "targets.json", "--save", tmp_path / "record")
        status, said = slipway(*words)
        record = {file.name: file.read_text() for file in (tmp_path / "record").iterdir()}
        github.add_artifact("scan-findings", record, created=f"2026-12-{next(DAYS):02}T00:00:00Z")
        return status, said

    return run


def test_a_new_finding_opens_one_issue_and_its_end_closes_it(night, github):
    assert night()[0] == 0
    assert github.issues == []
    assert night(vulnerability("HIGH", "2", "CVE-1"))[0] == 0
    assert night(vulnerability("HIGH", "2", "CVE-1"), vulnerability("CRITICAL", "", "CVE-2"))[0] == 0
    (issue,) = github.issues
    assert issue["title"] == "Vulnerable images run on staging"
    assert "- `backend` `HIGH CVE-1: p 1 (fixed in 2)`" in issue["body"]
    assert "- **new** `backend` `CRITICAL CVE-2: p 1 (no fix yet)`" in issue["body"]
    assert night()[0] == 0
    assert github.issues[0]["state"] == "closed"


def test_what_has_no_fix_is_reported_until_it_is_gone(night, github):
    night(vulnerability("CRITICAL", "", "CVE-2"))
    night(vulnerability("CRITICAL", "", "CVE-2"))
    assert [issue["state"] for issue in github.issues] == ["open"]
    assert "**new** `" not in github.issues[0]["body"]


def test_what_is_not_grave_opens_nothing(night, github):
    assert night(vulnerability("MEDIUM", "2"))[0] == 0
    assert github.issues == []


def test_a_scan_of_another_image_is_a_problem_and_no_good_news(night, github):
    night(vulnerability("HIGH", "2", "CVE-1"))
    status, said = night(text=scan(name="acme/backend@sha256:" + "b" * 64))
    assert status == 1, said
    assert "`backend` was **not scanned**: the scan is of acme/backend" in github.issues[0]["body"]
    night(vulnerability("HIGH", "2", "CVE-1"))
    assert "**new** `" not in github.issues[0]["body"]


@pytest.mark.parametrize("text", ["", "null", "{", "[]", "<html>"])
def test_a_scan_that_is_none_is_a_problem_and_no_traceback(night, github, text):
    assert night(text=text)[0] == 1
    assert "is no scan of Trivy" in github.issues[0]["body"]


@pytest.mark.parametrize("text", ["", "{}", "null", '[{"stack": "staging"}]', "[5]"])
def test_targets_that_are_none_are_refused(github, slipway, tmp_path, text):
    (tmp_path / "targets.json").write_text(text)
    words = ("--targets", tmp_path / "targets.json", "--save", tmp_path / "record")
    status, said = slipway("ci", "report-scans", tmp_path, *words)
    assert (status, "is not what `slipway ci scan-targets` prints" in said) == (5, True), said


def test_text_of_an_image_is_no_markdown(night, github):
    night(vulnerability("HIGH", "2", "CVE-1", package="`@team` <!--"))
    assert "`HIGH CVE-1: '@team' <!-- 1 (fixed in 2)`" in github.issues[0]["body"]
