"""A user creates an account, changes its password and deletes it."""

from __future__ import annotations

import pytest
from services.accounts import OTHER_PASSWORD, PASSWORD, credentials, sign_up

from app.routes import users as routes


def test_a_new_user_is_signed_in_and_has_no_todos(stranger):
    user = sign_up(stranger, "Anna")
    assert user.keys() == {"id", "name", "created_at"}
    assert user["name"] == "anna"
    assert stranger.get("/session").json() == user
    assert stranger.get("/todos").json()["total"] == 0


def test_a_name_is_unique_regardless_of_its_case(client, other):
    reply = other.post("/users", json=credentials("ANNA"))
    assert (reply.status_code, reply.json()["detail"]) == (409, "the name anna is taken; take another one")
    assert other.get("/session").status_code == 401


@pytest.mark.parametrize("name", ["", "a" * 65, "an na", "änna", "anna\n", "anna\0"])
def test_a_name_with_invalid_characters_is_refused(stranger, name):
    reply = stranger.post("/users", json=credentials(name))
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "body/name")


def test_a_new_password_ends_every_other_session(client, other):
    other.post("/session", json=credentials())
    change = {"password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert client.put("/password", json=change).status_code == 204
    assert (client.get("/session").status_code, other.get("/session").status_code) == (200, 401)
    assert other.post("/session", json=credentials()).status_code == 401
    assert other.post("/session", json=credentials(password=OTHER_PASSWORD)).status_code == 201


def test_a_wrong_password_changes_nothing(client):
    wrong = {"password": OTHER_PASSWORD, "new_password": "yet another password"}
    for reply in (
        client.put("/password", json=wrong),
        client.request("DELETE", "/user", json={"password": OTHER_PASSWORD}),
    ):
        assert (reply.status_code, reply.json()["detail"]) == (403, "the password is wrong")
    assert client.post("/session", json=credentials()).status_code == 201


def test_a_password_change_ends_a_sign_in_with_the_old_password(client, other, monkeypatch):
    """The change is made between the comparison with the password before and the new session."""
    match = client.app.state.passwords.match

    async def change_meanwhile(password, stored):
        matches = await match(password, stored)
        monkeypatch.setattr(client.app.state.passwords, "match", match)
        change = {"password": PASSWORD, "new_password": OTHER_PASSWORD}
        assert (await client.http.put("/password", json=change)).status_code == 204
        return matches

    monkeypatch.setattr(client.app.state.passwords, "match", change_meanwhile)
    assert other.post("/session", json=credentials()).status_code == 401
    assert other.get("/session").status_code == 401


def test_deleting_an_account_deletes_only_its_own_todos_and_sessions(client, other):
    client.post("/todos", json={"title": "anna's"})
    sign_up(other, "bela")
    remaining = other.post("/todos", json={"title": "bela's"}).json()
    assert client.request("DELETE", "/user", json={"password": PASSWORD}).status_code == 204
    assert client.get("/todos").status_code == 401
    assert client.post("/session", json=credentials()).status_code == 401
    assert other.get("/todos").json()["items"] == [remaining]
    counts = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM user_todos), (SELECT count(*) FROM sessions)"
    assert client.read_rows(counts) == [(1, 1, 1)]


def test_the_todos_of_a_deleted_account_go_in_batches(client, monkeypatch):
    monkeypatch.setattr(routes, "REMOVAL_BATCH", 2)
    for number in range(5):
        client.post("/todos", json={"title": f"todo {number}"})
    assert client.request("DELETE", "/user", json={"password": PASSWORD}).status_code == 204
    assert client.read_rows("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM user_todos)") == [(0, 0)]


def test_deleting_an_account_deletes_its_idempotency_keys(client):
    client.post("/todos", json={"title": "of anna alone"}, headers={"Idempotency-Key": "one"})
    client.request("DELETE", "/user", json={"password": PASSWORD})
    assert client.read_rows("SELECT count(*) FROM idempotency_keys") == [(0,)]


def test_deleting_an_account_during_a_request_is_no_server_error(client, other, monkeypatch):
    other.post("/session", json=credentials())
    match = client.app.state.passwords.match

    async def remove_meanwhile(password, stored):
        matches = await match(password, stored)
        monkeypatch.setattr(client.app.state.passwords, "match", match)
        assert (await client.http.request("DELETE", "/user", json={"password": PASSWORD})).status_code == 204
        return matches

    monkeypatch.setattr(client.app.state.passwords, "match", remove_meanwhile)
    assert other.put("/password", json={"password": PASSWORD, "new_password": OTHER_PASSWORD}).status_code == 401
