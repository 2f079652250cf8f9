from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.settings import BackendSettings
from chassis.database import Database
from chassis.settings import ServiceSettings


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?ssl=require"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("sqlite:///todo.db", "sqlite+aiosqlite:///todo.db"),
        ("sqlite+aiosqlite:////data/todo.db", "sqlite+aiosqlite:////data/todo.db"),
    ],
)
def test_a_url_gets_the_driver_it_needs(given, used):
    assert ServiceSettings(database_url=given).database_url == used


@pytest.mark.parametrize("url", ["mysql://u:pw@h/d", "todo.db", ""])
def test_an_invalid_url_is_refused_without_showing_it(url):
    with pytest.raises(ValidationError) as caught:
        ServiceSettings(database_url=url)
    assert "DATABASE_URL" in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"sign_in_limit": "often"}, "SIGN_IN_LIMIT is 'often'; write a number per time such as 30/minute"),
        ({"sign_up_limit": "60"}, "SIGN_UP_LIMIT is '60'; write a number per time"),
        ({"redis_url": "http://:secret@cache"}, "REDIS_URL begins with http://; write redis://host:6379/0"),
        ({"redis_url": "secret"}, "REDIS_URL is no URL; write redis://"),
    ],
)
def test_a_bad_limit_or_redis_url_is_refused_with_what_to_write(given, reason):
    with pytest.raises(ValidationError, match=reason) as caught:
        BackendSettings(**given)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("given", "used"), [("rediss://h:1", "rediss://h:1"), ("", None), (None, None)])
def test_an_empty_redis_url_is_none(given, used):
    assert BackendSettings(redis_url=given).redis == used


def test_variables_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("RELEASE_SHA", "abc")
    monkeypatch.setenv("MIGRATE_ON_START", "true")
    settings = ServiceSettings()
    assert (settings.release_sha, settings.migrate_on_start) == ("abc", True)


def test_no_password_is_shown():
    settings = ServiceSettings(database_url="postgresql://u:hidden-password@h/d")
    assert "hidden-password" not in f"{settings!r} {settings}"


def test_what_users_wrote_is_in_no_error_of_the_database():
    async def fail():
        database = Database("sqlite+aiosqlite://")
        try:
            async with database.engine.connect() as connection:
                await connection.execute(text("SELECT :said FROM nowhere"), {"said": "a private note"})
        finally:
            await database.close()

    with pytest.raises(OperationalError) as caught:
        asyncio.run(fail())
    assert "nowhere" in str(caught.value)
    assert "a private note" not in str(caught.value)
