from __future__ import annotations

import asyncio

from app.seed import seed


def test_an_empty_database_gets_todos_and_another_stays_as_it_is(client, settings):
    assert asyncio.run(seed(settings.database_url)) == 4
    todos = client.get("/todos").json()
    assert todos["total"] == 4
    assert [todo["title"] for todo in todos["items"] if todo["completed"]] == ["Open the preview environment"]
    for todo in todos["items"][1:]:
        client.delete(f"/todos/{todo['id']}")
    assert asyncio.run(seed(settings.database_url)) == 0
    assert client.get("/todos").json()["total"] == 1
