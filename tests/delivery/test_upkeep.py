from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from infra_stacks import services_of
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from delivery.dependency_audit import Vulnerability
from tests.delivery.served import served

ROOT = Path(__file__).parents[2]


@pytest.fixture
def advisories():
    """A service that speaks OSV's protocol, and what it knows by package: `{version: [advisory]}`.

    It stands in for the public one, which not every machine reaches.
    """
    known = {}

    async def query(request):
        body = await request.json()
        return JSONResponse({"vulns": known.get(body["package"]["name"], {}).get(body["version"], [])})

    with served(Starlette(routes=[Route("/v1/query", query, methods=["POST"])])) as url:
        known["url"] = f"{url}/v1/query"
        yield known


def advisory(identity, package, fixed):
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "id": identity,
        "summary": identity,
        "affected": [
            {"package": {"name": package, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
        ],
    }


def locked(package):
    """The version of a package in the backend's lock file."""
    import tomllib

    packages = tomllib.loads((ROOT / "backend/uv.lock").read_text())["package"]
    return next(entry["version"] for entry in packages if entry["name"] == package)


@pytest.fixture
def root(slipway, monkeypatch):
    """`slipway …` in this repository itself, with uv from where make put it."""
    monkeypatch.chdir(ROOT)
    found = sorted(ROOT.glob(".slipway/uv-*/bin/uv"))
    if "UV" not in os.environ and found:
        monkeypatch.setenv("UV", str(found[-1]))
    return slipway


def test_a_vulnerable_dependency_with_a_fix_stops_a_change(root, advisories, summary):
    version = locked("fastapi")
    advisories["fastapi"] = {version: [advisory("PYSEC-2026-1", "fastapi", "999.0")]}
    status, said = root("ci", "audit", "backend", "--osv-url", advisories["url"])
    assert status == 1, said
    assert f"backend: fastapi {version}: PYSEC-2026-1 (fixed in 999.0)" in said
    assert "### Dependencies: 1 to fix, 1 known" in summary()


def test_unfixable_or_unused_is_reported_and_does_not_block(root, advisories, summary):
    advisories["fastapi"] = {locked("fastapi"): [advisory("PYSEC-2026-1", "fastapi", None)]}
    advisories["pytest"] = {locked("pytest"): [advisory("PYSEC-2026-2", "pytest", "999.0")]}
    status, said = root("ci", "audit", "backend", "--osv-url", advisories["url"])
    assert status == 0, said
    assert "### Dependencies: 0 to fix, 2 known" in summary()
    assert "PYSEC-2026-2" in summary()


def test_a_service_that_does_not_answer_is_not_taken_for_good_news(root):
    status, said = root("ci", "audit", "backend", "--osv-url", "http://127.0.0.1:9/v1/query")
    assert (status, "pip-audit knows nothing" in said) == (4, True)


@pytest.mark.parametrize(
    ("fixed", "runs", "blocking"), [(("2",), True, True), ((), True, False), (("2",), False, False)]
)
def test_fixable_vulnerability_at_run_time_blocks(fixed, runs, blocking):
    assert Vulnerability("backend", "p", "1", "X", fixed, runs).blocking is blocking


def test_a_project_without_a_lock_file_is_an_error(root, tmp_path):
    status, said = root("ci", "audit", tmp_path)
    assert (status, "cannot read" in said) == (1, True)


def test_the_services_of_the_stack_file_are_a_matrix(root, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    status, said = root("ci", "services")
    assert (status, {"name": "backend", "context": "backend"} in json.loads(said)) == (0, True)
    assert (tmp_path / "out").read_text() == f"services={said}"


def test_an_image_of_no_service_is_refused_by_name(root):
    status, said = root("images", "verify", "x:1", "--service", "nothing")
    assert (status, "has no service 'nothing'; it has backend" in said) == (5, True)


def test_without_a_docker_engine_an_image_cannot_be_looked_at(root, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    status, said = root("images", "verify", "x:1")
    assert (status, "cannot look at x:1" in said) == (5, True)


def test_this_commit_could_be_released(root, summary):
    status, said = root("ci", "readiness")
    assert (status, said) == (0, "")
    assert "| ✅ | Pulumi.prod.yaml | usable |" in summary()


def test_a_prod_that_alerts_nobody_is_named_and_may_be_released(root, summary, tmp_path, monkeypatch):
    for path in ROOT.iterdir():
        if path.name not in {"Pulumi.prod.yaml", ".git", ".venv", ".slipway"}:
            (tmp_path / path.name).symlink_to(path)
    text = (ROOT / "Pulumi.prod.yaml").read_text()
    (tmp_path / "Pulumi.prod.yaml").write_text(
        text.replace("  slipway:alerts: {emails: [platform@example.com]}\n", "")
    )
    monkeypatch.chdir(tmp_path)
    status, said = root("ci", "readiness")
    assert (status, said) == (
        0,
        "alerts of prod: nobody hears of an outage; write slipway:alerts.emails or slackChannel\n",
    )
    assert "alerts of staging" not in summary()


def test_a_commit_that_could_not_be_released_says_why(root, tmp_path, monkeypatch):
    for stack in ("staging", "prod"):
        text = (ROOT / f"Pulumi.{stack}.yaml").read_text()
        text = text.replace("    backend:\n", "    api:\n      folder: backend\n") if stack == "prod" else text
        text = text.replace("slipway:images: registry", "slipway:images: build")
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(text.replace("slipway:owner: platform", "slipway:owner: A B"))
    for folder in {service["folder"] for service in services_of("staging").values()}:
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    status, said = root("ci", "readiness")
    assert status == 1
    assert "Pulumi.prod.yaml: the configuration has 1 problem" in said
    assert "changelog: CHANGELOG.md has no `## Unreleased`" in said
    for stack in ("staging", "prod"):
        file = tmp_path / f"Pulumi.{stack}.yaml"
        file.write_text(file.read_text().replace("slipway:owner: A B", "slipway:owner: platform"))
    said = root("ci", "readiness")[1]
    assert (
        "same services everywhere: staging: backend, chatbot-backend, chatbot-frontend; prod: api, chatbot-" in said
    )
    assert "one stack builds: built by staging, prod" in said
