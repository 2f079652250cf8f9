"""Tests of cleanup get an account of DigitalOcean with a registry, and stacks that use it."""

from __future__ import annotations

import pytest

from tests.delivery.images.manifest_account import ManifestAccount
from tests.delivery.served import served


@pytest.fixture
def registry_account(registry):
    return ManifestAccount(registry)


@pytest.fixture
def account(registry_account, monkeypatch):
    """`registry_account`, as the API that delivery asks."""
    monkeypatch.setattr("delivery.account.digitalocean.POLL_SECONDS", 0.01)
    with served(registry_account.app()) as url:
        monkeypatch.setenv("DIGITALOCEAN_API_URL", url)
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", "t")
        yield registry_account


@pytest.fixture
def live_world(world, account):
    """Staging ran releases 1 and 3, prod ran release 1; the account lists both."""
    world.run("staging", 1, 3)
    world.run("prod", 1)
    account.add_release(world.checkout.releases[0])
    account.add_release(world.checkout.releases[2])
    return world


@pytest.fixture
def clean(slipway):
    """`slipway images cleanup` of staging's registry."""
    return lambda *words: slipway("images", "cleanup", "--stack", "staging", *words)
