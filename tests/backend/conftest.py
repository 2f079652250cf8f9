"""An application on a database of its own: SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
import structlog
from databases.postgresql import postgres, reset
from services.client import Client
from services.migrations import migrate

from app.main import create_app
from app.migrate import MIGRATIONS
from chassis.settings import ServiceSettings

__all__ = ["postgres"]


@pytest.fixture(scope="session", autouse=True)
def _plain_logs():
    """Without a configuration structlog draws tracebacks with rich, which schemathesis brings: that takes seconds each."""
    processors = structlog.processors
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            processors.add_log_level,
            processors.format_exc_info,
            processors.JSONRenderer(),
        ]
    )


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
    return ServiceSettings(database_url=database_url, release_sha="3f2a91c4d5e6", database_seconds=1)


def migrated(settings):
    migrate(MIGRATIONS, settings.database_url)


@pytest.fixture
def client(settings):
    migrated(settings)
    made = Client(create_app(settings))
    yield made
    made.close()
