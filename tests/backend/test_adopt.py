"""A user adopts the todos that are older than users."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from app import adopt
from app.models import UnownedTodo
from app.users import UnknownUserError
from chassis.columns import now


def test_todos_older_than_users_have_no_owner_until_their_adoption(client, settings, monkeypatch):
    monkeypatch.setattr(adopt, "BATCH", 2)
    past = now() - dt.timedelta(days=1)

    async def add():
        async with client.app.state.database.sessions.begin() as session:
            for number in range(5):
                session.add(
                    UnownedTodo(title=f"old {number}", created_at=past, updated_at=past, completed=number == 4)
                )

    client.runner.run(add())
    assert client.get("/todos").json()["total"] == 0
    with pytest.raises(UnknownUserError, match="there is no user bela; sign up first"):
        asyncio.run(adopt.adopt(settings.database_url, "bela"))
    assert asyncio.run(adopt.adopt(settings.database_url, "Anna")) == 5
    todos = client.get("/todos?sort=title").json()["items"]
    assert [(todo["title"], todo["completed"]) for todo in todos] == [(f"old {n}", n == 4) for n in range(5)]
    assert {dt.datetime.fromisoformat(todo["created_at"]) for todo in todos} == {past}
    assert all(dt.datetime.fromisoformat(todo["updated_at"]) > past for todo in todos)  # the chat's index finds it
    assert asyncio.run(adopt.adopt(settings.database_url, "anna")) == 0
