"""A load test fills a user's list of todos."""

from __future__ import annotations

import asyncio

import pytest

from app.fill import fill
from app.users import UnknownUserError


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_load_test_fills_one_users_list(client, settings):
    with pytest.raises(UnknownUserError, match="there is no user bela; sign up first"):
        asyncio.run(fill(settings.database_url, "bela", 3))
    asyncio.run(fill(settings.database_url, "anna", 300))
    assert client.get("/todos").json()["total"] == 300
    assert client.get("/todos?q=call+milk").json()["total"] == 4
