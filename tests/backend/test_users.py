"""Accounts, and who sees whose todos."""

from __future__ import annotations

import asyncio
import datetime as dt
import time

import pytest
from services.accounts import PASSWORD, credentials, sign_up
from services.client import Client
from sqlalchemy import text

from app import adopt, passwords
from app.fill import fill
from app.main import create_app
from app.models import UnownedTodo
from app.routes import users as routes
from app.users import UnknownUserError
from app.weak_passwords import find_weakness
from chassis.columns import now

OTHER = "another password of anna"


@pytest.fixture
def other(client):
    """A second browser on the same application."""
    made = Client(client.app)
    made.runner = client.runner
    yield made
    client.runner.run(made.http.aclose())


def stored(client, query):
    """The rows of a query of the database."""

    async def read():
        async with client.app.state.database.engine.connect() as connection:
            return (await connection.execute(text(query))).all()

    return client.runner.run(read())


def count_hashes(client):
    """A list that gets an entry for each password that the application hashes or compares from now on."""
    state, run = client.app.state, client.app.state.passwords._run
    entries = []

    async def count(work, *arguments):
        if work is not find_weakness:
            entries.append(work)
        return await run(work, *arguments)

    state.passwords._run = count
    return entries


def test_a_new_user_is_signed_in_and_has_no_todos(stranger):
    user = sign_up(stranger, "Anna")
    assert user.keys() == {"id", "name", "created_at"}
    assert user["name"] == "anna"
    assert stranger.get("/session").json() == user
    assert stranger.get("/todos").json()["total"] == 0


def test_a_name_is_taken_once_whatever_its_capitals(client, other):
    reply = other.post("/users", json=credentials("ANNA"))
    assert (reply.status_code, reply.json()["detail"]) == (409, "the name anna is taken; take another one")
    assert other.get("/session").status_code == 401


@pytest.mark.parametrize("name", ["", "a" * 65, "an na", "änna", "anna\n", "anna\0"])
def test_a_name_of_other_characters_is_refused(stranger, name):
    reply = stranger.post("/users", json=credentials(name))
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "body/name")


@pytest.mark.parametrize("password", ["", "only 14 letter", "p" * 257, "a NUL in it \0 and more"])
def test_a_password_of_invalid_length_is_refused_and_not_repeated(stranger, password):
    reply = stranger.post("/users", json=credentials(password=password))
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "body/password")
    assert not password or password not in reply.text


EASY = [
    "passwordpassword", "123456789012345", "qwertyuiop12345", "aaaaaaaaaaaaaaaaaaaa", "annaannaannaanna",
    "anna-slipway-todo-2026", "Slipway-Slipway-Slipway", "slipwayslipway todos", "iloveyouiloveyou", "p" * 256,
]  # fmt: skip


@pytest.mark.parametrize("password", EASY)
def test_a_new_password_that_is_easy_to_guess_is_refused(stranger, password):
    reply = stranger.post("/users", json=credentials(password=password))
    (error,) = reply.json()["errors"]
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert (error["where"], error["detail"].partition(" (")[0]) == ("body/password", "is easy to guess")
    assert password not in reply.text


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", PASSWORD, "\u00c5ngstr\u00f6m und ein Hund", "x7#kQ" * 40]
)
def test_a_password_that_is_not_is_taken(stranger, password):
    assert stranger.post("/users", json=credentials(password=password)).status_code == 201


def test_a_password_is_not_changed_to_one_that_is_easy_to_guess(client):
    reply = client.put("/password", json={"password": PASSWORD, "new_password": "passwordpassword"})
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "body/new_password")
    assert client.post("/session", json=credentials()).status_code == 201


def test_a_password_from_before_the_check_still_signs_in(client, monkeypatch):
    monkeypatch.setattr(passwords, "find_weakness", lambda *_: None)
    client.post("/users", json=credentials("bela", "passwordpassword"))
    monkeypatch.undo()
    assert client.post("/session", json=credentials("bela", "passwordpassword")).status_code == 201


def test_the_longest_password_takes_less_than_a_few_seconds():
    begun = time.monotonic()
    find_weakness("4@8({[<369&#!/|0$5+7%2/" * 11, "anna")
    assert time.monotonic() - begun < 5


def test_a_password_is_the_same_however_its_letters_are_composed(client, other):
    other.post("/users", json=credentials("bela", "Ångström, composed"))
    decomposed = credentials("bela", "Ångström, composed")
    assert other.post("/session", json=decomposed).status_code == 201


def test_of_a_password_the_database_has_an_argon2id_hash(client):
    ((hashed,),) = stored(client, "SELECT password_hash FROM users")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


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


def test_a_cursor_of_another_user_shows_ones_own_todos(client, other):
    for number in range(3):
        client.post("/todos", json={"title": f"anna's {number}"})
    cursor = client.get("/todos", params={"limit": 1}).json()["next_cursor"]
    sign_up(other, "bela")
    own = other.post("/todos", json={"title": "bela's"}).json()
    assert other.get("/todos", params={"cursor": cursor}).json()["items"] == []
    assert other.get("/todos").json()["items"] == [own]


def test_an_idempotency_key_is_its_users_own(client, other):
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


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/todos"),
        ("post", "/todos"),
        ("get", "/todos/7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11"),
        ("patch", "/todos/7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11"),
        ("delete", "/todos/7b0f6c0e-8b1e-4d6e-9a53-0f4c8f1d1c11"),
        ("get", "/session"),
        ("delete", "/sessions"),
        ("put", "/password"),
        ("delete", "/user"),
    ],
)
def test_who_is_not_signed_in_gets_no_farther(stranger, method, path):
    reply = stranger.request(method, path)
    assert (reply.status_code, reply.json()["detail"]) == (401, "sign in first")
    assert reply.headers["www-authenticate"] == "Session"


def test_a_new_password_ends_every_other_session(client, other):
    other.post("/session", json=credentials())
    change = {"password": PASSWORD, "new_password": OTHER}
    assert client.put("/password", json=change).status_code == 204
    assert (client.get("/session").status_code, other.get("/session").status_code) == (200, 401)
    assert other.post("/session", json=credentials()).status_code == 401
    assert other.post("/session", json=credentials(password=OTHER)).status_code == 201


def test_a_wrong_password_changes_nothing(client):
    wrong = {"password": OTHER, "new_password": "yet another password"}
    for reply in (client.put("/password", json=wrong), client.request("DELETE", "/user", json={"password": OTHER})):
        assert (reply.status_code, reply.json()["detail"]) == (403, "the password is wrong")
    assert client.post("/session", json=credentials()).status_code == 201


def test_deleting_an_account_deletes_only_its_own_todos_and_sessions(client, other):
    client.post("/todos", json={"title": "anna's"})
    sign_up(other, "bela")
    kept = other.post("/todos", json={"title": "bela's"}).json()
    assert client.request("DELETE", "/user", json={"password": PASSWORD}).status_code == 204
    assert client.get("/todos").status_code == 401
    assert client.post("/session", json=credentials()).status_code == 401
    assert other.get("/todos").json()["items"] == [kept]
    counts = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM user_todos), (SELECT count(*) FROM sessions)"
    assert stored(client, counts) == [(1, 1, 1)]


def test_an_account_with_many_todos_goes_in_parts(client, monkeypatch):
    monkeypatch.setattr(routes, "REMOVAL_BATCH", 2)
    for number in range(5):
        client.post("/todos", json={"title": f"todo {number}"})
    assert client.request("DELETE", "/user", json={"password": PASSWORD}).status_code == 204
    assert stored(client, "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM user_todos)") == [(0, 0)]


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


def test_a_password_is_as_long_as_it_is_once_normalised(stranger):
    reply = stranger.post("/users", json=credentials(password="e\u0301" * 8))  # é eight times
    assert reply.status_code == 422
    assert "has 8 characters; write 15 to 256" in reply.json()["errors"][0]["detail"]


def test_a_removed_account_leaves_no_texts_of_its_user(client):
    client.post("/todos", json={"title": "of anna alone"}, headers={"Idempotency-Key": "one"})
    client.request("DELETE", "/user", json={"password": PASSWORD})
    assert stored(client, "SELECT count(*) FROM idempotency_keys") == [(0,)]


def test_a_password_change_ends_a_sign_in_with_the_old_password(client, other, monkeypatch):
    """The change is made between the comparison with the password before and the new session."""
    match = client.app.state.passwords.match

    async def change_meanwhile(password, stored):
        matches = await match(password, stored)
        monkeypatch.setattr(client.app.state.passwords, "match", match)
        change = {"password": PASSWORD, "new_password": OTHER}
        assert (await client.http.put("/password", json=change)).status_code == 204
        return matches

    monkeypatch.setattr(client.app.state.passwords, "match", change_meanwhile)
    assert other.post("/session", json=credentials()).status_code == 401
    assert other.get("/session").status_code == 401


def test_deleting_an_account_during_a_request_is_no_server_error(client, other, monkeypatch):
    other.post("/session", json=credentials())
    match = client.app.state.passwords.match

    async def remove_meanwhile(password, stored):
        matches = await match(password, stored)
        monkeypatch.setattr(client.app.state.passwords, "match", match)
        assert (await client.http.request("DELETE", "/user", json={"password": PASSWORD})).status_code == 204
        return matches

    monkeypatch.setattr(client.app.state.passwords, "match", remove_meanwhile)
    assert other.put("/password", json={"password": PASSWORD, "new_password": OTHER}).status_code == 401


def test_too_many_pending_password_checks_get_503_with_retry_after(client, monkeypatch):
    monkeypatch.setattr(passwords, "MAX_WAITING", 0)
    reply = client.post("/session", json=credentials())
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [
        ("PUT", "/password", {"password": OTHER, "new_password": "yet another password"}, [403, 403, 429]),
        ("DELETE", "/user", {"password": OTHER}, [403, 403, 429]),
        ("POST", "/session", credentials(password=OTHER), [401, 401, 429]),
        ("POST", "/users", credentials(), [409, 409, 429]),
    ],
)
def test_each_guess_costs_one_hash_and_none_beyond_the_limit(settings, stranger, method, path, body, statuses):
    sign_up(stranger)
    few = settings.model_copy(update={"sign_in_limit": "2/day", "sign_up_limit": "2/day"})
    limited = Client(create_app(few))
    limited.http.cookies = stranger.http.cookies
    hashed = count_hashes(limited)
    assert [limited.request(method, path, json=body).status_code for _ in range(3)] == statuses
    limited.close()
    assert len(hashed) == 2


def test_strangers_cannot_keep_a_user_from_changing_the_password(settings, stranger):
    sign_up(stranger)
    limited = Client(create_app(settings.model_copy(update={"sign_in_limit": "3/day"})))
    limited.http.cookies = stranger.http.cookies
    for _ in range(4):
        limited.post("/session", json=credentials(password=OTHER), headers={"Cookie": ""})
    changed = limited.put("/password", json={"password": PASSWORD, "new_password": OTHER})
    limited.close()
    assert changed.status_code == 204


def test_the_addresses_of_an_ipv6_network_are_counted_together(settings, stranger):
    limited = Client(create_app(settings.model_copy(update={"sign_up_limit": "2/day"})))
    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::dead:beef", "2001:db8:0:1::1"]
    replies = [
        limited.post("/users", json=credentials(f"user-{number}"), headers={"X-Forwarded-For": address})
        for number, address in enumerate(addresses)
    ]
    limited.close()
    assert [reply.status_code for reply in replies] == [201, 201, 429, 201]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_load_test_fills_one_users_list(client, settings):
    with pytest.raises(UnknownUserError, match="there is no user bela; sign up first"):
        asyncio.run(fill(settings.database_url, "bela", 3))
    asyncio.run(fill(settings.database_url, "anna", 300))
    assert client.get("/todos").json()["total"] == 300
    assert client.get("/todos?q=call+milk").json()["total"] == 4


def test_each_application_counts_new_accounts_of_an_address(settings, stranger):
    limited = Client(create_app(settings.model_copy(update={"sign_up_limit": "2/day"})))
    replies = [limited.post("/users", json=credentials(f"user-{number}")) for number in range(3)]
    limited.close()
    assert [reply.status_code for reply in replies] == [201, 201, 429]
    assert 1 <= int(replies[2].headers["retry-after"]) <= 86_400
