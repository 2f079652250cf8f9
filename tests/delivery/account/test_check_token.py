"""`check-token` against the emulated API, with tokens of few scopes."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from delivery.account.digitalocean import DigitalOcean
from delivery.account.token_check import PROBES, VIEW_DATABASES, find_rights
from delivery.account.token_scopes import ALL, CLEANUP, CREDENTIALS, ENVIRONMENTS, READS, RESOURCE_SCOPES, table
from localcloud.api.application import create_application
from localcloud.api.scopes import known_scopes
from tests.delivery.served import served

ROOT = Path(__file__).parents[3]
OWNER = "dop_v1_owner"
NOT_EMULATED = {"actions:read", "image:read"}


class Account:
    """The emulated account, whose owner makes tokens."""

    def __init__(self, url):
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {OWNER}"})

    def token(self, scopes, seconds=None):
        body = {"name": "test", "scopes": sorted(scopes), "expires_in": seconds}
        return self.http.post("/_emulator/tokens", json=body).raise_for_status().json()["token"]["token"]

    def requests(self):
        return self.http.get("/_emulator/requests").json()["requests"]


@pytest.fixture
def account(tmp_path, monkeypatch):
    (tmp_path / "credentials.json").write_text("{}")
    app = create_application(
        state=tmp_path / "state",
        token=OWNER,
        credentials=tmp_path / "credentials.json",
        registry_url="http://127.0.0.1:9",
    )
    with served(app) as url:
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        made = Account(url)
        yield made
        made.http.close()
    app.state.jobs.close()
    app.state.store.close()


def emulated(scopes):
    return (set(scopes) & set(known_scopes())) | {"account:read"}


@pytest.fixture
def check(account, slipway, monkeypatch):
    """`check-token` with a token of these scopes."""

    def run(*words, scopes, seconds=None):
        variable = "STAGING_REGISTRY_TOKEN" if "promotion" in words else "DIGITALOCEAN_TOKEN"
        monkeypatch.setenv(variable, account.token(emulated(scopes), seconds))
        return slipway("account", "check-token", *words)

    return run


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("--stack", "staging"), "staging"),
        (("--stack", "prod"), "prod"),
        (("--stack", "staging", "--for", "preview"), "preview-staging"),
        (("--stack", "prod", "--for", "preview"), "preview-prod"),
        (("--stack", "prod", "--for", "drift"), "drift"),
        (("--stack", "staging", "--for", "cleanup"), "cleanup"),
        (("--stack", "staging", "--for", "preview-environments"), "preview-environments"),
        (("--stack", "prod", "--for", "promotion"), "promotion"),
    ],
)
def test_a_token_with_what_the_table_says_is_enough(check, words, name):
    status, said = check(*words, scopes=ENVIRONMENTS[name].scopes)
    assert status == 0, said
    assert f"that {name} needs" in said
    unknown = ENVIRONMENTS[name].scopes & {VIEW_DATABASES, *NOT_EMULATED}
    assert all(scope in said.partition("could not be checked in this account yet")[2] for scope in unknown)


@pytest.mark.parametrize("scope", ["database:create", "kubernetes:access_cluster", "load_balancer:read"])
def test_a_missing_scope_is_named(check, scope):
    status, said = check("--stack", "staging", scopes=ALL - {scope})
    assert status == 5, said
    assert f"lacks {scope}; docs/production.md" in said


def test_every_scope_is_found_missing_where_a_token_has_none(account, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", account.token(["account:read"]))
    with DigitalOcean() as client:
        rights = find_rights(client, ALL)
    assert rights.absent == ALL - NOT_EMULATED - {"account:read", VIEW_DATABASES}
    assert rights.unknown == {VIEW_DATABASES, *NOT_EMULATED}


@pytest.mark.parametrize("scope", ["kubernetes:update", "kubernetes:access_cluster"])
def test_a_preview_token_that_can_change_something_is_refused(check, scope):
    status, said = check("--stack", "prod", "--for", "preview", scopes=READS | {scope})
    assert status == 3, said
    assert f"must not have {scope}" in said


def test_the_token_that_reads_stagings_registry_cannot_push_to_it(check):
    status, said = check("--stack", "prod", "--for", "promotion", scopes={"registry:read", "registry:update"})
    assert (status, "the token for promotion must not have registry:update" in said) == (3, True), said


def test_a_missing_token_of_the_other_account_is_named(slipway):
    said = (5, "error: STAGING_REGISTRY_TOKEN is not set\n")
    assert slipway("account", "check-token", "--stack", "prod", "--for", "promotion") == said


def test_a_full_token_is_no_preview_token(account, slipway, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", OWNER)
    status, said = slipway("account", "check-token", "--stack", "prod", "--for", "preview")
    assert (status, "kubernetes:delete" in said) == (3, True)


def test_an_expired_token_is_said_to_be_expired(check):
    status, said = check("--stack", "staging", scopes=ALL, seconds=-1)
    assert status == 5, said
    assert "mistyped, revoked or expired" in said
    assert "dop_v1_" not in said


def test_without_a_token_nothing_is_asked(slipway):
    assert slipway("account", "check-token", "--stack", "staging") == (5, "error: DIGITALOCEAN_TOKEN is not set\n")


def test_an_unreachable_api_is_not_reported_as_a_missing_scope(slipway, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "dop_v1_any")
    monkeypatch.setenv("DIGITALOCEAN_API_URL", "http://127.0.0.1:9")
    status, said = slipway("account", "check-token", "--stack", "staging")
    assert (status, "does not answer" in said) == (4, True)


def test_the_check_changes_nothing_in_the_account(account, slipway, monkeypatch):
    answering = {scope: probe for scope, probe in PROBES.items() if scope not in NOT_EMULATED}
    paths = [probe.path for probe in answering.values() if probe.method == "GET" and "0000" not in probe.path]
    before = {path: account.http.get(path).json() for path in paths}
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", OWNER)
    assert slipway("account", "check-token", "--stack", "staging")[0] == 0
    assert {path: account.http.get(path).json() for path in paths} == before
    changing = [entry for entry in account.requests() if entry["method"] != "GET" and "/v2/" in entry["path"]]
    assert changing
    assert {entry["status"] for entry in changing if 200 <= entry["status"] < 300} == set()


def test_every_resource_type_of_the_program_is_in_the_table():
    sources = "".join(file.read_text() for file in (ROOT / "infra").rglob("*.py"))
    # Arguments of a resource end in Args, and functions begin with a small letter.
    declared = {name for name in re.findall(r"digitalocean\.([A-Z]\w+)[.(]", sources) if not name.endswith("Args")}
    assert declared
    assert declared <= set(RESOURCE_SCOPES)


def test_every_scope_has_a_probe():
    assert set(PROBES) | {VIEW_DATABASES} >= ALL


def test_no_preview_token_reads_a_credential_or_changes_anything():
    for name in ("preview-staging", "preview-prod"):
        assert {scope.partition(":")[2] for scope in ENVIRONMENTS[name].scopes} == {"read"}
        assert set(CREDENTIALS) <= ENVIRONMENTS[name].forbidden
    assert {scope for scope in CLEANUP if scope.startswith("kubernetes")} == set()


def test_the_docs_have_the_table():
    assert table() in (ROOT / "docs/production.md").read_text()
