from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.delivery.served import served

NOW = datetime.now(UTC)


class Account:
    """DigitalOcean's registry API as far as it is asked: repositories, digests, deletion, garbage collection."""

    def __init__(self):
        self.manifests = []
        self.deleted = []
        self.collections = 0
        self.asked = 0

    def add(self, digest, *tags, days=90):
        updated = (NOW - timedelta(days=days)).isoformat().replace("+00:00", "Z")
        self.manifests.append({"digest": digest, "tags": list(tags), "updated_at": updated, "size_bytes": 2**20})

    def app(self):
        base = "/v2/registries/acme"
        return Starlette(
            routes=[
                Route(
                    f"{base}/repositoriesV2",
                    lambda _: JSONResponse({"repositories": [{"name": "backend"}], "links": {}}),
                ),
                Route(f"{base}/repositories/backend/digests", lambda _: JSONResponse({"manifests": self.manifests})),
                Route(f"{base}/repositories/backend/digests/{{digest}}", self._delete, methods=["DELETE"]),
                Route(f"{base}/garbage-collection", self._collect, methods=["GET", "POST"]),
            ]
        )

    def _delete(self, request):
        self.deleted.append(request.path_params["digest"])
        return Response(status_code=204)

    def _collect(self, request):
        """Two answers that it is at work, then the end."""
        if request.method == "POST":
            self.collections += 1
            return JSONResponse({"garbage_collection": {"status": "requested"}}, 201)
        self.asked += 1
        if self.asked > 3:
            return JSONResponse({"id": "not_found"}, 404)
        return JSONResponse({"garbage_collection": {"status": "deleting unreferenced blobs"}})


@pytest.fixture
def account(monkeypatch):
    made = Account()
    monkeypatch.setattr("delivery.account.digitalocean.POLL_SECONDS", 0.01)
    with served(made.app()) as url:
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", "t")
        yield made


@pytest.fixture
def clean(slipway, tmp_path):
    """`cleanup` after each stack was asked what it needs."""

    def run(*words, stacks=("staging", "prod")):
        files = []
        for stack in stacks:
            status, said = slipway("images", "needed", "--stack", stack)
            if status != 0:
                return status, said
            files.append(tmp_path / f"{stack}.json")
            files[-1].write_text(said)
        return slipway("images", "cleanup", *(word for file in files for word in ("--needed", file)), *words)

    return run


@pytest.fixture
def running(world):
    """Staging ran 1 and 3, prod ran 1."""
    world.run("staging", 1, 3)
    world.run("prod", 1)
    return world


def test_only_what_no_stack_needs_goes(running, account, clean):
    one, two, three, four = running.checkout.releases
    digests = {sha: running.registry.digest("acme/backend", sha[:12]) for sha in running.checkout.releases}
    account.add(digests[three], three[:12])  # runs on staging
    account.add(digests[one], one[:12])  # runs on prod; staging could return to it
    account.add(digests[two], two[:12])  # never ran
    account.add("sha256:released", four[:12], "v1.1.0")
    account.add("sha256:young", "feedc0ffee00", days=29)
    account.add("sha256:untagged", days=31)
    status, said = clean()
    assert status == 0
    assert "2 images of 2 MiB could be removed with --apply; 2 digests run." in said
    assert account.deleted == []
    assert clean("--apply")[0] == 0
    assert sorted(account.deleted) == sorted([digests[two], "sha256:untagged"])
    assert (account.collections, account.asked) == (1, 4)


def test_a_release_in_the_history_keeps_its_image_even_under_another_digest(running, account, clean):
    account.add("sha256:rebuilt", running.checkout.releases[0][:12])
    clean("--apply")
    assert account.deleted == []
    assert account.collections == 0


def test_a_stack_that_cannot_be_asked_stops_it(running, account, clean):
    account.add("sha256:old")
    stacks = running["stacks"]
    stacks["prod"]["outputs"] = {"release": "x", "services": 7}
    running.change(stacks=stacks)
    assert clean("--apply")[0] == 1
    assert account.deleted == []


def test_a_stack_with_a_registry_of_its_own_need_not_be_asked(running, account, clean):
    file = running.checkout.folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("/acme", "/acme-prod"))
    account.add("sha256:old")
    assert clean("--apply", stacks=["staging"])[0] == 0
    assert account.deleted == ["sha256:old"]


def test_prods_own_registry_is_cleaned_by_what_prod_needs(running, account, clean):
    file = running.checkout.folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("name: acme", "name: other").replace("/acme", "/other"))
    status, said = clean("--stack", "prod", stacks=["staging"])
    assert (status, "prod was not asked what it runs" in said) == (3, True), said
    status, said = clean("--stack", "prod", stacks=["prod"])
    assert (status, "GET /v2/registries/other/repositoriesV2" in said) == (1, True), said


def test_a_stack_that_is_left_out_stops_it(running, account, clean):
    status, said = clean("--apply", stacks=["staging"])
    assert (status, "prod was not asked what it runs; give --needed for every stack" in said) == (3, True)


def test_a_stack_that_runs_nothing_or_is_not_found_stops_it(world, account, clean):
    world.run("staging", 1)
    account.add("sha256:old")
    status, said = clean("--apply")
    assert (status, "prod runs nothing, or is not in this state" in said) == (3, True)
    assert account.deleted == []


def test_a_signature_stays_as_long_as_its_image(running, account, clean):
    digest = running.registry.digest("acme/backend", running.checkout.releases[0][:12])
    account.add(digest, running.checkout.releases[0][:12])
    account.add("sha256:signature", f"{digest.replace(':', '-')}.sig")
    account.add("sha256:" + "a" * 64, "feedc0ffee00")
    account.add("sha256:its-signature", f"sha256-{'a' * 64}.sig")
    assert clean("--apply")[0] == 0
    assert sorted(account.deleted) == ["sha256:" + "a" * 64, "sha256:its-signature"]


def test_a_token_is_needed(running, clean):
    assert clean()[0] == 5


def test_a_file_that_says_nothing_of_a_stack_stops_it(running, account, slipway, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    status, said = slipway("images", "cleanup", "--needed", tmp_path / "x.json", "--apply")
    assert (status, "is not what `slipway images needed` prints" in said) == (5, True)
