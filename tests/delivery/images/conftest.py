"""An account of DigitalOcean whose registry is cleaned up."""

from __future__ import annotations

import pytest

from tests.delivery.served import served


@pytest.fixture
def account(registry_account, monkeypatch):
    """The account that the test's own module makes as `registry_account`, as the API that is asked."""
    monkeypatch.setattr("delivery.account.digitalocean.POLL_SECONDS", 0.01)
    with served(registry_account.app()) as url:
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", "t")
        yield registry_account
