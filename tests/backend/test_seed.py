from __future__ import annotations

import asyncio

from services.accounts import credentials

from app.seed import NAME, PASSWORD, seed


def test_the_demo_user_and_its_todos_are_added_only_where_missing(client, settings):
    client.post("/todos", json={"title": "anna's"})
    assert asyncio.run(seed(settings.database_url)) == 4
    assert client.get("/todos").json()["total"] == 1
    assert client.post("/session", json=credentials(NAME, PASSWORD)).status_code == 201
    todos = client.get("/todos").json()
    assert todos["total"] == 4
    assert [todo["title"] for todo in todos["items"] if todo["completed"]] == ["Open the preview environment"]
    for todo in todos["items"][1:]:
        client.delete(f"/todos/{todo['id']}")
    assert asyncio.run(seed(settings.database_url)) == 0
    assert client.get("/todos").json()["total"] == 1
