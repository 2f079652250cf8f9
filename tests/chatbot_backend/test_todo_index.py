from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
import uuid

import pytest
from conftest import Chat
from databases.ports import free_port
from databases.qdrant import API_KEY, running
from pydantic import SecretStr
from services.process import ROOT

from app import indexer
from app.indexer import Indexer
from app.vectors import COLLECTION

LONG_AGO = "2026-01-02 03:04:05.678901"


def found(chat, query):
    return [todo.title for todo in chat.runner.run(chat.app.state.index.search(query, 5))]


def index(chat):
    return chat.runner.run(chat.app.state.indexer.update())


def points(chat):
    """The todos in the index, the cursor aside."""
    client = chat.app.state.vectors._client
    every = chat.runner.run(client.query_points(COLLECTION, query=[1.0] + [0.0] * 255, limit=1000)).points
    return {uuid.UUID(str(point.id)) for point in every} - {uuid.UUID(int=0)}


def add(todos, title):
    return todos.post("/todos", json={"title": title}).json()["id"]


@pytest.fixture
def store(backend_file, todos):
    """Writes todos of one moment into the backend's database, as an import does; returns their ids."""

    def write(count, moment=LONG_AGO, title="Thing"):
        rows = [(uuid.uuid4(), f"{title} {number}") for number in range(count)]
        with sqlite3.connect(backend_file) as database:
            database.executemany(
                "INSERT INTO todos (id, title, description, completed, created_at, updated_at)"
                " VALUES (?, ?, '', 0, ?, ?)",
                [(identity.hex, text, moment, moment) for identity, text in rows],
            )
        database.close()
        return {identity for identity, _ in rows}

    return write


@pytest.fixture
def chat(tmp_path, settings, todos):
    """A chat with an index of its own."""
    port = free_port()
    with running(port, tmp_path):
        made = Chat(settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{port}"}))
        yield made
        made.close()


def test_todos_of_one_moment_are_all_in_the_index(chat, store):
    stored = store(250)
    assert index(chat) == 250
    assert points(chat) == stored


def test_the_index_goes_on_where_another_process_was(chat, store, todos):
    store(250)
    index(chat)
    assert index(chat) == 0
    other = Indexer(chat.app.state.vectors, chat.app.state.todos, 1)
    assert chat.runner.run(other.update()) == 0
    changed = add(todos, "Book the dentist")
    assert (index(chat), chat.runner.run(other.update())) == (1, 1)
    assert uuid.UUID(changed) in points(chat)


def test_a_change_in_the_middle_of_reading_leaves_none_out(chat, store, todos):
    """The page after a change begins with another todo than it did: the changed one is at the end now."""
    stored = store(250)

    async def read():
        seen = set()
        async for changed in chat.app.state.todos.changed_after(None):
            seen |= {todo.id for todo, _ in changed}
            if len(seen) == 100:
                for todo, _ in changed[:10]:
                    await chat.app.state.todos.change(todo.id, title="Changed")
        return seen

    assert chat.runner.run(read()) == stored


def test_a_change_that_is_committed_late_is_indexed_though_a_newer_one_was_before(chat, store, todos):
    add(todos, "Newer")
    index(chat)
    stored = store(1, time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(time.time() - 20)))
    index(chat)
    assert stored <= points(chat)


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


def test_what_was_changed_since_it_was_indexed_is_found_by_what_it_says_now(chat, todos):
    identity = add(todos, "Book the dentist")
    index(chat)
    todos.patch(f"/todos/{identity}", json={"title": "Water the plants"})
    assert found(chat, "dentist") == []
    assert found(chat, "water the plants") == ["Water the plants"]


def test_deleted_todos_do_not_hide_others(chat, store, todos, monkeypatch):
    monkeypatch.setattr(indexer, "SETTLED", indexer.SETTLED * -1)
    deleted = [add(todos, "Book the dentist") for _ in range(8)]
    index(chat)
    add(todos, "Book the dentist again")
    store(120, "2099-01-01 00:00:00.000000")  # newer than all, so that the last changes do not help
    index(chat)
    for identity in deleted:
        todos.delete(f"/todos/{identity}")
    assert found(chat, "book the dentist") == ["Book the dentist again"]
    assert points(chat).isdisjoint(map(uuid.UUID, deleted))


def test_without_an_index_yet_search_finds_what_is_older_than_the_last_changes(chat, store):
    store(1, title="Book the dentist")
    store(120, "2026-02-02 00:00:00.000000")
    assert found(chat, "dentist") == ["Book the dentist 0"]


def test_another_models_collection_is_removed_and_others_stay(chat):
    client = chat.app.state.vectors._client
    from qdrant_client import models

    for name in ("todos", "todos.older-model", "notes", "todosome"):
        size = models.VectorParams(size=4, distance=models.Distance.COSINE)
        chat.runner.run(client.create_collection(name, vectors_config=size))
    index(chat)
    chat.runner.run(chat.app.state.vectors.remove_others())
    names = {each.name for each in chat.runner.run(client.get_collections()).collections}
    assert names == {COLLECTION, "notes", "todosome"}


def test_an_index_that_is_lost_is_made_again(tmp_path, settings, todos):
    port = free_port()
    chat = Chat(settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{port}"}))
    identity = add(todos, "Book the dentist")
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with running(port, tmp_path / "first"):
        assert index(chat) == 1
        assert found(chat, "dentist") == ["Book the dentist"]
    # Without it: by words, and /health says so; readiness does not depend on it.
    assert found(chat, "the dentist") == ["Book the dentist"]
    health = chat.get("/health").json()
    assert health["status"] == "degraded"
    assert health["qdrant"].startswith("qdrant does not answer")
    assert chat.get("/readyz").status_code == 200
    with running(port, tmp_path / "second"):
        index(chat)
        assert points(chat) == {uuid.UUID(identity)}
    chat.close()


def test_a_wrong_key_is_reported_and_no_answer_is_lost(tmp_path, settings, todos):
    port = free_port()
    wrong = {"qdrant_url": f"http://127.0.0.1:{port}", "qdrant_api_key": SecretStr("wrong")}
    add(todos, "Book the dentist")
    with running(port, tmp_path):
        chat = Chat(settings.model_copy(update=wrong))
        assert found(chat, "dentist") == ["Book the dentist"]
        assert chat.get("/health").json()["qdrant"].startswith("qdrant does not answer")
        chat.close()


def test_the_indexer_runs_in_a_process_of_its_own_until_it_is_told_to_end(chat, backend, todos, tmp_path):
    identity = add(todos, "Book the dentist")
    own = {"QDRANT_URL": chat.app.state.settings.qdrant_url, "QDRANT_API_KEY": API_KEY, "BACKEND_URL": backend}
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "INDEX_SECONDS": "0.2", **own}
    worker = subprocess.Popen([sys.executable, "-m", "app.index"], cwd=ROOT / "chatbot_backend", env=environment)
    try:
        deadline = time.monotonic() + 30
        chat.runner.run(chat.app.state.vectors.create())
        while uuid.UUID(identity) not in points(chat):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
    finally:
        worker.kill()
        worker.wait()
