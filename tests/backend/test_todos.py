from __future__ import annotations

import uuid

import pytest


def create(client, **fields):
    reply = client.post("/todos", json={"title": "buy milk", **fields})
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_a_todo_goes_through_its_life(client):
    reply = client.post("/todos", json={"title": "  buy milk ", "due_at": "2026-12-01T10:00:00+02:00"})
    todo = reply.json()
    assert reply.headers["location"] == f"/todos/{todo['id']}"
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


def test_pages_hold_every_todo_once_and_link_to_each_other(client):
    made = {create(client, title=f"todo {number}")["id"] for number in range(7)}
    seen, url = [], "/todos?limit=3&sort=title"
    while url:
        reply = client.get(url)
        assert reply.json()["total"] == 7
        seen += [item["id"] for item in reply.json()["items"]]
        links = dict(reversed(part.split("; ")) for part in reply.headers.get("link", "").split(", ") if part)
        url = links.get('rel="next"', "").strip("<>")
    assert len(seen) == 7
    assert set(seen) == made


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
    ],
)
def test_a_todo_that_is_none_is_refused_with_the_place(client, body, where):
    reply = client.post("/todos", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert reply.json()["errors"][0]["where"] == where


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "sort=colour", "completed=perhaps", "page=2"])
def test_a_listing_that_is_none_is_refused(client, query):
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
