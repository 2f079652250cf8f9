from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from sqlalchemy import update

from app import idempotency
from app.models import IdempotencyKey

TODO = {"title": "buy milk", "due_at": "2026-12-01T10:00:00+02:00"}


def add(client, key, body=TODO):
    return client.post("/todos", json=body, headers={"Idempotency-Key": key})


def total(client):
    return client.get("/todos").json()["total"]


def test_a_repeated_request_is_done_once_and_gets_the_first_answer(client):
    first = add(client, '"one"')
    client.patch(first.url.join(first.headers["location"]), json={"title": "changed since"})
    again = add(client, '"one"')
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    assert again.json() == first.json()
    assert add(client, "one").json() == first.json()  # a client that leaves out the quotes
    assert total(client) == 1


def test_another_key_is_another_request(client):
    assert add(client, '"one"').json()["id"] != add(client, '"two"').json()["id"]
    assert total(client) == 2


def test_a_key_with_another_body_is_refused(client):
    add(client, '"one"')
    reply = add(client, '"one"', {"title": "something else"})
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert "used with another body" in reply.json()["detail"]
    assert total(client) == 1


@pytest.mark.parametrize("key", ["", '""', '"', "two words", "x" * 256, "\xe9"])
def test_an_invalid_key_is_refused(client, key):
    reply = add(client, key.encode("latin-1"))
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "header/Idempotency-Key")


def test_equal_requests_at_once_make_one_todo(client):
    async def race(key):
        replies = [client.http.post("/todos", json=TODO, headers={"Idempotency-Key": key}) for _ in range(4)]
        return await asyncio.gather(*replies)

    for number in range(5):
        replies = client.runner.run(race(f'"{number}"'))
        assert {reply.status_code for reply in replies} == {201}
        assert len({reply.headers["location"] for reply in replies}) == 1
    assert total(client) == 5


def test_a_request_that_failed_may_be_repeated(client, monkeypatch):
    async def fail(*_):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.ext.asyncio.AsyncSession.commit", fail)
        assert add(client, '"one"').status_code == 500
    assert add(client, '"one"').status_code == 201
    assert total(client) == 1


def test_a_key_is_forgotten_after_a_day(client):
    async def age(hours):
        past = idempotency.now() - dt.timedelta(hours=hours)
        async with client.app.state.database.sessions.begin() as session:
            await session.execute(update(IdempotencyKey).values(created_at=past))

    first = add(client, '"one"').json()
    client.runner.run(age(23))
    assert add(client, '"one"').json() == first
    client.runner.run(age(25))
    assert add(client, '"two"').status_code == 201  # which removes it
    assert add(client, '"one"').json()["id"] != first["id"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_repeat_of_a_slow_request_gets_409_and_succeeds_later(client):
    user = client.get("/session").json()["id"]

    async def ask():
        async with client.app.state.database.sessions() as first:
            first.add(IdempotencyKey(key=f"{user} one", fingerprint="of the first", answer=""))
            await first.flush()
            return await client.http.post("/todos", json=TODO, headers={"Idempotency-Key": '"one"'})

    reply = client.runner.run(ask())
    assert (reply.status_code, reply.headers["content-type"]) == (409, "application/problem+json")
    assert add(client, '"one"').status_code == 201
