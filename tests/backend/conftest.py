"""An application on a database of its own: SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
from databases.postgresql import postgres, reset
from services.accounts import sign_up
from services.client import Client
from services.migrations import migrate
from services.plain_logs import plain_logs

from app.main import create_app
from app.migrate import MIGRATIONS
from app.settings import BackendSettings

__all__ = ["plain_logs", "postgres"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/todo.db"
    url = request.getfixturevalue("postgres")
    reset(url)
    return url


@pytest.fixture
def settings(database_url):
    return BackendSettings(database_url=database_url, release_sha="3f2a91c4d5e6", database_seconds=1)


def migrated(settings):
    migrate(MIGRATIONS, settings.database_url)


@pytest.fixture
def stranger(settings):
    """A client of the application that is not signed in."""
    migrated(settings)
    made = Client(create_app(settings))
    yield made
    made.close()


@pytest.fixture
def client(stranger):
    """A client that is signed in as anna."""
    sign_up(stranger)
    return stranger


@pytest.fixture
def other(client):
    """A second browser at the application of `client`, which is not signed in."""
    browser = client.open_browser()
    yield browser
    client.runner.run(browser.http.aclose())
