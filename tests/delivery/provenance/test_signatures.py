"""Who may have signed, on github.com and with GitHub Enterprise."""

from __future__ import annotations

import re

import pytest

from delivery.outcome import MissingError
from delivery.provenance import signatures

DEPLOY = "acme/todo/.github/workflows/deploy.yml"
ENTERPRISE = "https://github.example.com"


@pytest.mark.parametrize(
    "server", [None, "https://github.com", "https://github.com/", ENTERPRISE, "https://acme.ghe.com"]
)
def test_only_own_workflows_on_a_protected_branch_may_have_signed(monkeypatch, server):
    if server:
        monkeypatch.setenv("GITHUB_SERVER_URL", server)
    own = (server or "https://github.com").rstrip("/")
    pattern = signatures.identity("acme/todo", "deploy")
    assert re.match(pattern, f"{own}/{DEPLOY}@refs/heads/main")
    for other in (
        f"{own}/{DEPLOY}@refs/heads/mine",
        f"{own}/{DEPLOY}@refs/heads/main2",
        f"{own}/{DEPLOY}@refs/tags/main",
        f"{own}/evil/{DEPLOY}@refs/heads/main",
        f"{own}/{DEPLOY.replace('deploy', 'ci')}@refs/heads/main",
        f"{own.replace('.', 'x')}/{DEPLOY}@refs/heads/main",
        f"https://github.org/{DEPLOY}@refs/heads/main",
    ):
        assert not re.match(pattern, other), other


@pytest.mark.parametrize(
    ("server", "issuer"),
    [
        ("https://github.com", "https://token.actions.githubusercontent.com"),
        (ENTERPRISE, f"{ENTERPRISE}/_services/token"),
        ("https://acme.ghe.com", "https://token.actions.acme.ghe.com"),
    ],
)
def test_each_host_has_an_issuer_of_its_own(monkeypatch, server, issuer):
    monkeypatch.setenv("GITHUB_SERVER_URL", server)
    assert signatures.issuer() == issuer


@pytest.mark.parametrize(
    "url", ["github.com", "http://github.com", "https://", "https://a/b", "https://a b", "https://a|b"]
)
def test_a_server_that_is_no_url_is_refused(monkeypatch, url):
    monkeypatch.setenv("GITHUB_SERVER_URL", url)
    with pytest.raises(MissingError, match="write one such as https://github.example.com"):
        signatures.identity("acme/todo", "deploy")


@pytest.fixture
def gh(monkeypatch, tmp_path):
    """A GitHub CLI that notes its words in a file."""
    program = tmp_path / "gh"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/words\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return lambda: (tmp_path / "words").read_text().splitlines()


def test_an_attestation_of_an_enterprise_host_is_asked_for_there(gh, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://acme.ghe.com")
    assert signatures.verify_file(tmp_path / "release.json", "acme/todo") is None
    assert gh()[-4:] == ["--hostname", "acme.ghe.com", "--cert-oidc-issuer", "https://token.actions.acme.ghe.com"]


def test_a_program_that_does_not_start_is_missing(gh, monkeypatch, tmp_path):
    (tmp_path / "gh").write_text("#!/no/such/program\n")
    with pytest.raises(MissingError, match="gh does not start"):
        signatures.verify_file(tmp_path / "release.json", "acme/todo")


def test_an_error_message_that_is_not_utf_8_is_reported(gh, monkeypatch, tmp_path):
    (tmp_path / "gh").write_text("#!/bin/sh\nprintf '\\377 no attestations' >&2\nexit 1\n")
    assert "no attestations" in signatures.verify_file(tmp_path / "release.json", "acme/todo")
