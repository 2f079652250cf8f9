"""Caches and artifacts of GitHub Actions that nobody uses any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.delivery.served import served

BASE = "/repos/acme/todo"


class Storage:
    """The lists of GitHub's API, in pages, and what was deleted."""

    def __init__(self):
        self.caches, self.artifacts, self.branches, self.pulls, self.deleted = [], [], ["develop", "main"], [7], []
        self.broken = {}

    def add_cache(self, ref):
        size = {"size_in_bytes": 2**20}
        self.caches.append({"id": len(self.caches) + 1, "ref": ref, "key": f"key {len(self.caches)}", **size})

    def add_artifact(self, name, days, *, expired=False):
        created = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        size = {"size_in_bytes": 2**20}
        entry = {"id": len(self.artifacts) + 1, "name": name, "created_at": created, "expired": expired, **size}
        self.artifacts.append(entry)

    def app(self):
        def listed(key, entries):
            def answer(request):
                if request.url.path in self.broken:
                    return Response(self.broken[request.url.path], media_type="application/json")
                page, size = int(request.query_params["page"]), int(request.query_params["per_page"])
                part = entries()[(page - 1) * size : page * size]
                return JSONResponse(part if key is None else {"total_count": len(entries()), key: part})

            return answer

        def delete(kind):
            def answer(request):
                self.deleted.append(f"{kind} {request.path_params['id']}")
                return Response(status_code=204)

            return answer

        named = lambda: [{"name": name, "commit": {"sha": "a" * 40, "url": ""}} for name in self.branches]  # noqa: E731
        return Starlette(
            routes=[
                Route(f"{BASE}/actions/caches", listed("actions_caches", lambda: self.caches)),
                Route(f"{BASE}/actions/artifacts", listed("artifacts", lambda: self.artifacts)),
                Route(f"{BASE}/branches", listed(None, named)),
                Route(f"{BASE}/pulls", listed(None, lambda: [{"number": number} for number in self.pulls])),
                Route(f"{BASE}/actions/caches/{{id:int}}", delete("cache"), methods=["DELETE"]),
                Route(f"{BASE}/actions/artifacts/{{id:int}}", delete("artifact"), methods=["DELETE"]),
            ]
        )


@pytest.fixture
def storage(monkeypatch):
    made = Storage()
    with served(made.app()) as url:
        monkeypatch.setenv("GITHUB_API_URL", url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "acme/todo")
        monkeypatch.setenv("GITHUB_TOKEN", "gh-token")
        yield made


def test_caches_of_closed_pull_requests_or_gone_branches_are_deleted(storage, slipway):
    refs = ["refs/heads/develop", "refs/heads/gone", "refs/pull/7/merge", "refs/pull/8/merge", "refs/tags/v1.0.0"]
    for ref in refs:
        storage.add_cache(ref)
    status, said = slipway("ci", "cleanup-storage")
    assert status == 0, said
    assert "cache key 1 of refs/heads/gone: branch gone is gone" in said
    assert "2 caches and 0 artifacts of 2 MiB could be deleted with --apply." in said
    assert storage.deleted == []
    assert slipway("ci", "cleanup-storage", "--apply")[0] == 0
    assert storage.deleted == ["cache 2", "cache 4"]


def test_old_artifacts_are_deleted_and_evidence_is_kept(storage, slipway):
    """Each kind of artifact has its own age limit."""
    storage.add_artifact("coverage-test-infra-3.13", 8)
    storage.add_artifact("coverage-test-infra-3.13", 6)
    for name in ("staging-release", "prod-release", "performance", "scan-findings"):
        storage.add_artifact(name, 80)
    storage.add_artifact("approved", 29)
    storage.add_artifact("approved", 32)
    storage.add_artifact("scan-web", 400, expired=True)
    assert slipway("ci", "cleanup-storage", "--apply")[0] == 0
    assert storage.deleted == ["artifact 1", "artifact 8"]


def test_every_page_is_read(storage, slipway):
    storage.branches = [f"b{number}" for number in range(150)]
    storage.add_cache("refs/heads/b149")
    for number in range(250):
        storage.add_cache(f"refs/pull/{1000 + number}/merge")
    said = slipway("ci", "cleanup-storage")[1]
    assert "250 caches and 0 artifacts" in said


@pytest.mark.parametrize("text", ["null", "[]", "7", '{"actions_caches": 5}', '{"actions_caches": [{}]}', "<html>"])
def test_an_answer_that_is_no_list_deletes_nothing(storage, slipway, text):
    storage.add_cache("refs/heads/gone")
    storage.broken[f"{BASE}/actions/caches"] = text
    status, said = slipway("ci", "cleanup-storage", "--apply")
    assert (status, "GitHub's answer to GET /repos/acme/todo/actions/caches cannot be read" in said) == (1, True), (
        said
    )
    assert storage.deleted == []


def test_a_list_without_any_branch_deletes_nothing(storage, slipway):
    storage.add_cache("refs/heads/develop")
    storage.branches = []
    status, said = slipway("ci", "cleanup-storage", "--apply")
    assert (status, "lists no branch of acme/todo: nothing is known to be unused" in said) == (1, True), said
    assert storage.deleted == []
