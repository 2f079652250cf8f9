from __future__ import annotations

import asyncio
import json
import uuid
from http import HTTPStatus

import pytest


def create(client, **fields):
    reply = client.post("/todos", json={"title": "buy milk", **fields})
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_a_todo_goes_through_its_life(client):
    reply = client.post("/todos", json={"title": "  buy milk ", "due_at": "2026-12-01T10:00:00+02:00"})
    todo = reply.json()
    assert client.get(reply.url.join(reply.headers["location"])).json() == todo
    assert (todo["title"], todo["completed"], todo["due_at"]) == ("buy milk", False, "2026-12-01T08:00:00Z")
    changed = client.patch(f"/todos/{todo['id']}", json={"completed": True}).json()
    assert (changed["title"], changed["completed"], changed["due_at"]) == ("buy milk", True, todo["due_at"])
    assert changed["updated_at"] > todo["updated_at"]
    assert client.get(f"/todos/{todo['id']}").json() == changed
    assert client.delete(f"/todos/{todo['id']}").status_code == 204
    assert client.get(f"/todos/{todo['id']}").status_code == 404


def test_a_due_date_can_be_taken_back(client):
    todo = create(client, due_at="2026-12-01T10:00:00Z")
    assert client.patch(f"/todos/{todo['id']}", json={"due_at": None}).json()["due_at"] is None


def test_filters_narrow_and_add_up(client):
    create(client, title="Milk", completed=True)
    create(client, title="bread", description="with MILK inside")
    create(client, title="100% sure", due_at="2026-01-01T00:00:00Z")

    def titles(**query):
        return {item["title"] for item in client.get("/todos", params=query).json()["items"]}

    assert titles(q="milk") == {"Milk", "bread"}
    assert titles(q="milk", completed="false") == {"bread"}
    assert titles(q="%") == {"100% sure"}
    assert titles(due_before="2026-02-01T00:00:00Z") == {"100% sure"}


@pytest.mark.parametrize(
    ("sort", "first"), [("title", "a"), ("-title", "c"), ("created_at", "b"), ("-created_at", "a")]
)
def test_the_order_is_the_one_asked_for(client, sort, first):
    for title in "bca":
        create(client, title=title)
    assert client.get("/todos", params={"sort": sort}).json()["items"][0]["title"] == first


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body/title"),
        ({"title": "   "}, "body/title"),
        ({"title": "x" * 201}, "body/title"),
        ({"title": "x", "due_at": "2026-12-01T10:00:00"}, "body/due_at"),
        ({"title": "x", "colour": "red"}, "body/colour"),
        ({"title": "a\0b"}, "body/title"),
        ({"title": "x", "description": "\0"}, "body/description"),
        ({"title": "x", "due_at": "0001-01-01T00:00:00+14:00"}, "body/due_at"),
        ({"title": "x", "due_at": "9999-12-31T23:59:59-14:00"}, "body/due_at"),
    ],
)
def test_an_invalid_todo_is_refused_with_the_place(client, body, where):
    reply = client.post("/todos", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert reply.json()["errors"][0]["where"] == where


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "offset=-1", "sort=colour", "completed=perhaps", "page=2", "q=%00"]
)
def test_an_invalid_listing_is_refused(client, query):
    assert client.get(f"/todos?{query}").status_code == 422


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_todo_that_is_not_there_is_a_problem_that_names_it(client, method):
    missing = uuid.uuid4()
    body = {"json": {"title": "x"}} if method == "patch" else {}
    reply = getattr(client, method)(f"/todos/{missing}", **body)
    assert reply.status_code == 404
    assert reply.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": f"there is no todo {missing}",
    }


def test_a_name_that_is_no_unicode_is_refused(client):
    reply = client.post(
        "/todos", content=rb'{"title": "x", "\ud800": 1}', headers={"Content-Type": "application/json"}
    )
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")


def test_a_body_that_is_no_text_is_refused(client):
    reply = client.post("/todos", content=b'{"title": "\xff"}', headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.headers["content-type"]) == (400, "application/problem+json")


def whole():
    return b" " * 200_000


async def in_pieces():
    for _ in range(200):
        yield b" " * 1000


@pytest.mark.parametrize("body", [whole, in_pieces])
def test_a_large_body_is_refused(client, body):
    reply = client.post("/todos", content=body(), headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.headers["content-type"]) == (413, "application/problem+json")
    assert reply.json()["title"] == HTTPStatus(413).phrase
    assert "x-request-id" in reply.headers


def test_the_longest_todo_in_json_escapes_is_no_large_body(client):
    body = json.dumps({"title": "\U0001f600" * 200, "description": "\U0001f600" * 10_000})
    reply = client.post("/todos", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 201


@pytest.mark.parametrize("path", ["/todos/", "/todos/7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11/"])
def test_a_slash_too_much_leads_nowhere(client, path):
    """A redirect would lead past the web app's `/api`."""
    assert client.get(path).status_code == 404


def test_a_change_that_races_the_removal_finds_the_todo_or_none(client):
    async def race():
        statuses = set()
        for _ in range(20):
            made = (await client.http.post("/todos", json={"title": "short-lived"})).json()
            path = f"/todos/{made['id']}"
            changes = [client.http.patch(path, json={"title": f"number {number}"}) for number in range(3)]
            replies = await asyncio.gather(*changes, client.http.delete(path), client.http.delete(path))
            statuses |= {reply.status_code for reply in replies}
        return statuses

    assert client.runner.run(race()) <= {200, 204, 404}
