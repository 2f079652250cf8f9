"""A user reads, changes and deletes only todos of their own."""

from __future__ import annotations

from services.accounts import sign_up


def test_nobody_reads_changes_or_deletes_another_users_todo(client, other):
    todo = client.post("/todos", json={"title": "anna's"}).json()
    sign_up(other, "bela")
    path = f"/todos/{todo['id']}"
    for reply in (other.get(path), other.patch(path, json={"completed": True}), other.delete(path)):
        assert (reply.status_code, reply.json()["detail"]) == (404, f"there is no todo {todo['id']}")
    assert other.get("/todos", params={"q": "anna"}).json() == {
        "items": [], "total": 0, "limit": 20, "offset": 0, "next_cursor": None,
    }  # fmt: skip
    assert client.get(path).json() == todo


def test_a_cursor_of_another_user_lists_ones_own_todos(client, other):
    for number in range(3):
        client.post("/todos", json={"title": f"anna's {number}"})
    cursor = client.get("/todos", params={"limit": 1}).json()["next_cursor"]
    sign_up(other, "bela")
    own = other.post("/todos", json={"title": "bela's"}).json()
    assert other.get("/todos", params={"cursor": cursor}).json()["items"] == []
    assert other.get("/todos").json()["items"] == [own]


def test_two_users_may_send_the_same_idempotency_key(client, other):
    headers = {"Idempotency-Key": "one"}
    mine = client.post("/todos", json={"title": "same"}, headers=headers).json()
    sign_up(other, "bela")
    theirs = other.post("/todos", json={"title": "same"}, headers=headers)
    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine["id"]
    assert other.post("/todos", json={"title": "different"}, headers={"Idempotency-Key": "two"}).status_code == 201


def test_a_new_owner_cannot_be_named(client, other):
    user = sign_up(other, "bela")
    assert client.post("/todos", json={"title": "for bela", "owner_id": user["id"]}).status_code == 422
