"""Images that run are scanned every night by digest; what is new opens one issue for each stack."""

from __future__ import annotations

import json

import pytest

from tests.delivery.images.test_image_scan import scan, vulnerability

DAYS = iter(range(10, 100))


TARGET = {
    "stack": "staging",
    "service": "backend",
    "image": "registry.digitalocean.com/acme/backend@sha256:" + "a" * 64,
    "digest": "sha256:" + "a" * 64,
    "configs": ["sha256:" + "c" * 64],
}


@pytest.fixture
def exported(tmp_path):
    """What the nightly scan leaves of staging, but the scan itself."""
    folder = tmp_path / "scans/scans-staging"
    folder.mkdir(parents=True)
    (folder / "targets.json").write_text(json.dumps([TARGET]))
    return folder


@pytest.fixture
def night(exported, github, slipway, tmp_path):
    """Scan once, with these findings; the record is kept as the workflow keeps it."""

    def run(*found, text=None):
        content = scan(*found, config=TARGET["configs"][0]) if text is None else text
        (exported / "backend.json").write_text(content)
        status, said = slipway(
            "ci", "report-scans", exported.parent, "--stack", "staging", "--save", tmp_path / "record"
        )
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
    status, said = night(text=scan(config="sha256:" + "b" * 64))
    assert status == 1, said
    assert "`backend` was **not scanned**: `the scan is of slipway/web:ci" in github.issues[0]["body"]
    night(vulnerability("HIGH", "2", "CVE-1"))
    assert "**new** `" not in github.issues[0]["body"]


@pytest.mark.parametrize("text", ["", "null", "{", "[]", "<html>"])
def test_an_invalid_scan_is_a_problem_and_no_traceback(night, github, text):
    assert night(text=text)[0] == 1
    assert "is no scan of Trivy" in github.issues[0]["body"]


@pytest.mark.parametrize("text", ["", "{}", "null", '[{"stack": "staging"}]', "[5]"])
def test_an_invalid_list_of_images_is_refused(exported, github, slipway, tmp_path, text):
    (exported / "targets.json").write_text(text)
    status, said = slipway("ci", "report-scans", exported.parent, "--stack", "staging", "--save", tmp_path / "record")
    assert (status, "is not what `slipway images export` writes" in said) == (5, True), said


def test_a_stack_that_was_not_exported_is_no_good_news(exported, github, slipway, tmp_path):
    status, said = slipway("ci", "report-scans", exported.parent, "--stack", "prod", "--save", tmp_path / "record")
    assert (status, "scans-prod/targets.json is not what" in said) == (5, True), said


def test_a_stack_that_runs_nothing_has_nothing_to_report(exported, github, slipway, tmp_path):
    (exported / "targets.json").write_text("[]")
    words = ("ci", "report-scans", exported.parent, "--stack", "staging", "--save", tmp_path / "record")
    assert slipway(*words)[0] == 0
    assert github.issues == []


def test_a_scan_before_signing_must_be_of_the_deployed_image(exported, slipway):
    (exported / "backend.json").write_text(scan(config=TARGET["configs"][0]))
    assert slipway("ci", "judge-scan", exported / "backend.json", "--images", exported)[0] == 0
    (exported / "backend.json").write_text(scan(config="sha256:" + "b" * 64))
    status, said = slipway("ci", "judge-scan", exported / "backend.json", "--images", exported)
    assert (status, "which runs: scan that image" in said) == (3, True), said


def test_text_of_an_image_is_no_markdown(night, github):
    night(vulnerability("HIGH", "2", "CVE-1", package="`@team` <!--"))
    assert "`HIGH CVE-1: '@team' <!-- 1 (fixed in 2)`" in github.issues[0]["body"]
