"""Each user's todos by meaning, on a Qdrant of each test's own."""

from __future__ import annotations

import sqlite3
import time
import uuid
from contextlib import closing

import httpx
import pytest
from conftest import Chat, User
from databases.ports import free_port
from databases.qdrant import running
from pydantic import SecretStr
from qdrant_client import models

from app import indexer
from app.backend import NotSignedInError
from app.embedding import embed
from app.todo_index import TodoIndex
from app.vectors import COLLECTION, OWNER, TODO, UPDATED_AT, Vectors

LONG_AGO = "2026-01-02 03:04:05.678901"
ENOUGH = 60.0  # seconds


def found(chat, query, seconds=ENOUGH):
    search = TodoIndex(chat.app.state.vectors, chat.own_todos, chat.user.id, seconds).search(query, 5)
    return [todo.title for todo in chat.runner.run(search)]


def index(chat, seconds=ENOUGH):
    """Index what is new; returns whether that is all."""
    return chat.runner.run(indexer.index_changes(chat.app.state.vectors, chat.own_todos, chat.user.id, seconds))


def points(chat):
    """Which todos are in the index, of whomever, and when each was changed."""
    client = chat.app.state.vectors._client
    query = client.query_points(COLLECTION, query=[1.0] + [0.0] * 255, limit=100_000, with_payload=True)
    payloads = [point.payload for point in chat.runner.run(query).points]
    return {uuid.UUID(each[TODO]): each[UPDATED_AT] for each in payloads if TODO in each}


def add(todos, title):
    return todos.post("/todos", json={"title": title}).json()["id"]


@pytest.fixture
def store(backend_file, user):
    """Writes todos of `user`, of one moment, into the backend's database, as an import does; returns their ids."""

    def write(count, moment=LONG_AGO, title="Thing"):
        rows = [(uuid.uuid4(), f"{title} {number}") for number in range(count)]
        with closing(sqlite3.connect(backend_file)) as database, database:
            database.executemany(
                "INSERT INTO user_todos (id, owner_id, title, description, completed, created_at, updated_at)"
                " VALUES (?, ?, ?, '', 0, ?, ?)",
                [(identity.hex, user.id.hex, text, moment, moment) for identity, text in rows],
            )
        return {identity for identity, _ in rows}

    return write


@pytest.fixture
def own(settings, tmp_path):
    """Settings of a chat with an index of its own."""
    port = free_port()
    with running(port, tmp_path):
        yield settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{port}"})


@pytest.fixture
def chat(own, user):
    made = Chat(own, user)
    yield made
    made.close()


@pytest.fixture
def other(own, sign_up):
    """Another user, at the same service."""
    made = Chat(own, sign_up())
    yield made
    made.close()


@pytest.fixture
def others_todos(backend, other):
    with httpx.Client(base_url=backend, headers=other.user.cookie, timeout=10) as http:
        yield http


def test_todos_of_one_moment_are_all_in_the_index(chat, store):
    stored = store(250)
    assert index(chat) is True
    assert points(chat).keys() == stored


def test_the_index_goes_on_where_another_process_was(chat, own, user, store, todos, monkeypatch):
    store(250)
    index(chat)
    put = []
    kept = Vectors.put

    async def counted(self, owner, new, cursor):
        put.append(len(new))
        await kept(self, owner, new, cursor)

    monkeypatch.setattr(Vectors, "put", counted)
    another = Chat(own, user)
    index(another)
    assert sum(put) == 0
    changed = add(todos, "Book the dentist")
    index(chat)
    index(another)  # it is still within the time in which older changes may appear, and is in there
    assert sum(put) == 1
    assert uuid.UUID(changed) in points(chat)
    another.close()


def test_todos_beyond_the_time_limit_are_indexed_by_later_searches(chat, store):
    """Until then they are found by words."""
    store(1, "2026-03-03 00:00:00.000000", title="Book the dentist")
    store(250)
    assert found(chat, "dentist", seconds=0) == ["Book the dentist 0"]
    assert len(points(chat)) == 100
    assert found(chat, "teeth appointment", seconds=0) == []
    assert found(chat, "teeth appointment", seconds=0) == ["Book the dentist 0"]
    assert len(points(chat)) == 251


def test_a_change_in_the_middle_of_reading_leaves_none_out(chat, store, todos):
    """The page after a change begins with another todo than it did: the changed one is at the end now."""
    stored = store(250)

    async def read():
        seen = set()
        async for changed in chat.own_todos.changed_after(None):
            seen |= {todo.id for todo, _ in changed}
            if len(seen) == 100:
                for todo, _ in changed[:10]:
                    await chat.own_todos.change(todo.id, title="Changed")
        return seen

    assert chat.runner.run(read()) == stored


def test_a_change_committed_late_is_indexed_after_a_newer_one(chat, store, todos):
    add(todos, "Newer")
    index(chat)
    stored = store(1, time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(time.time() - 20)))
    index(chat)
    assert stored <= points(chat).keys()


def test_todos_changed_while_nothing_was_indexed_are_found(chat, store, todos):
    store(120)
    index(chat)
    identity = add(todos, "Book the dentist")
    assert found(chat, "teeth appointment") == ["Book the dentist"]
    todos.patch(f"/todos/{identity}", json={"title": "Water the plants"})
    assert found(chat, "watering plants") == ["Water the plants"]
    assert found(chat, "dentist") == []
    todos.delete(f"/todos/{identity}")
    assert found(chat, "plants") == []


def test_a_changed_todo_is_found_by_its_current_text(chat, todos):
    identity = add(todos, "Book the dentist")
    index(chat)
    todos.patch(f"/todos/{identity}", json={"title": "Water the plants"})
    assert found(chat, "dentist") == []
    assert found(chat, "water the plants") == ["Water the plants"]


def test_deleted_todos_do_not_hide_others(chat, todos, monkeypatch):
    monkeypatch.setattr(indexer, "SETTLING_TIME", indexer.SETTLING_TIME * -1)
    deleted = [add(todos, "Book the dentist") for _ in range(8)]
    index(chat)
    add(todos, "Book the dentist again")
    for identity in deleted:
        todos.delete(f"/todos/{identity}")
    assert found(chat, "book the dentist") == ["Book the dentist again"]
    assert points(chat).keys().isdisjoint(map(uuid.UUID, deleted))


def test_another_models_collection_is_removed_and_others_stay(chat):
    client = chat.app.state.vectors._client
    for name in ("todos", COLLECTION.removesuffix(".owned"), "notes", "todosome"):
        size = models.VectorParams(size=4, distance=models.Distance.COSINE)
        chat.runner.run(client.create_collection(name, vectors_config=size))
    index(chat)
    names = {each.name for each in chat.runner.run(client.get_collections()).collections}
    assert names == {COLLECTION, "notes", "todosome"}


def test_an_index_that_is_lost_is_made_again(tmp_path, settings, todos, user):
    port = free_port()
    chat = Chat(settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{port}"}), user)
    identity = add(todos, "Book the dentist")
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with running(port, tmp_path / "first"):
        assert index(chat) is True
        assert found(chat, "dentist") == ["Book the dentist"]
    # Without it: by words, and /health says so; readiness does not depend on it.
    assert found(chat, "the dentist") == ["Book the dentist"]
    health = chat.get("/health").json()
    assert health["status"] == "degraded"
    assert health["qdrant"].startswith("qdrant does not answer")
    assert chat.get("/readyz").status_code == 200
    with running(port, tmp_path / "second"):
        index(chat)
        assert points(chat).keys() == {uuid.UUID(identity)}
    chat.close()


def test_a_wrong_key_is_reported_and_no_answer_is_lost(tmp_path, settings, todos, user):
    port = free_port()
    wrong = {"qdrant_url": f"http://127.0.0.1:{port}", "qdrant_api_key": SecretStr("wrong")}
    add(todos, "Book the dentist")
    with running(port, tmp_path):
        chat = Chat(settings.model_copy(update=wrong), user)
        assert found(chat, "dentist") == ["Book the dentist"]
        assert chat.get("/health").json()["qdrant"].startswith("qdrant does not answer")
        chat.close()


def nearest(chat, user):
    """The todos nearest to the dentist that the index has of a user."""
    (vector,) = embed(["dentist"])
    return chat.runner.run(chat.app.state.vectors.nearest(user.id, vector, 5))


def test_of_two_users_with_the_same_words_each_finds_their_own(chat, other, todos, others_todos):
    mine = add(todos, "Book the dentist")
    theirs = {uuid.UUID(add(others_todos, "Book the dentist")) for _ in range(9)}  # more than a search looks at
    index(chat)
    index(other)
    assert points(chat).keys() == {uuid.UUID(mine), *theirs}
    assert nearest(chat, chat.user) == [uuid.UUID(mine)]
    assert set(nearest(chat, other.user)) < theirs
    assert nearest(chat, User(uuid.uuid4(), "")) == []
    assert found(chat, "dentist") == ["Book the dentist"]


def test_another_users_todo_in_the_index_changes_no_search_result(chat, other, todos, others_todos):
    """It replaces and removes nothing of the other user's index."""
    theirs = uuid.UUID(add(others_todos, "Book the dentist"))
    index(other)
    (todo,) = other.runner.run(other.own_todos.page())[0]
    chat.runner.run(chat.app.state.vectors.put(chat.user.id, [todo], None))
    assert nearest(chat, chat.user) == nearest(chat, other.user) == [theirs]
    assert found(chat, "dentist") == []  # the backend gives it to nobody else
    assert nearest(chat, chat.user) == []  # and it has left the user's own index
    assert nearest(chat, other.user) == [theirs]
    assert found(other, "dentist") == ["Book the dentist"]


def test_the_index_of_the_owners_is_one_of_tenants(chat, todos):
    add(todos, "Book the dentist")
    index(chat)
    schema = chat.runner.run(chat.app.state.vectors._client.get_collection(COLLECTION)).payload_schema
    assert (schema[OWNER].data_type, schema[OWNER].params.is_tenant) == (models.PayloadSchemaType.KEYWORD, True)
    assert schema[OWNER].points == 1


def test_a_user_whose_session_ended_gets_no_result_from_the_index(chat, todos):
    add(todos, "Book the dentist")
    assert found(chat, "dentist") == ["Book the dentist"]
    todos.delete("/session")
    with pytest.raises(NotSignedInError):
        found(chat, "dentist")
