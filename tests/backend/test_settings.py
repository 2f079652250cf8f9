from __future__ import annotations

import pytest
from pydantic import ValidationError

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
def test_a_url_that_is_none_is_refused_without_showing_it(url):
    with pytest.raises(ValidationError) as caught:
        ServiceSettings(database_url=url)
    assert "DATABASE_URL" in str(caught.value)
    assert "pw" not in str(caught.value)


def test_variables_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("RELEASE_SHA", "abc")
    monkeypatch.setenv("MIGRATE_ON_START", "true")
    settings = ServiceSettings()
    assert (settings.release_sha, settings.migrate_on_start) == ("abc", True)
