"""Every test of the program has a git repository to deploy, and no registry, account or chart repository is asked."""

from __future__ import annotations

import asyncio

import pulumi
import pytest

from infra import chart_repository
from infra.source import image_digest

from .recorder import DIGEST
from .repository import Repository


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    """A registry that holds every tag: the real one is asked in the tests of image_digest."""
    monkeypatch.setattr(image_digest, "find_digest", lambda *_: DIGEST)


@pytest.fixture(autouse=True)
def _no_login(monkeypatch):
    """No account whose API would be asked for a login."""
    for name in ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_API_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _charts(monkeypatch):
    """Chart repositories that answer: a real one is asked in the tests of chart_repository."""
    monkeypatch.setattr(chart_repository, "_find_problem", lambda _: None)


@pytest.fixture(autouse=True)
def _hooks(monkeypatch):
    """A monitor that takes hooks, and no engine that would call them: a real one does in tests/localcloud/providers."""

    def register(_):
        registered = asyncio.get_running_loop().create_future()
        registered.set_result(None)
        return registered

    monkeypatch.setattr(pulumi.resource_hooks, "register_error_hook", register)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository with the services, the stack files and the charts, as the working directory."""
    made = Repository(tmp_path / "repository")
    monkeypatch.chdir(made.folder)
    return made
