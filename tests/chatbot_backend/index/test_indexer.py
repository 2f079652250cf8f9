"""The indexer reads a user's changed todos and stores their vectors in Qdrant."""

from __future__ import annotations

import time
import uuid

from conftest import Chat
from vector_index import add_todo, index_todos, list_points

from app.vectors import Vectors


def test_todos_created_at_one_moment_are_all_indexed(chat, store):
    stored = store(250)
    assert index_todos(chat) is True
    assert list_points(chat).keys() == stored


def test_indexing_continues_where_another_process_stopped(chat, settings, user, store, todos, monkeypatch):
    store(250)
    index_todos(chat)
    put = []
    original = Vectors.put

    async def count(self, owner, new, cursor):
        put.append(len(new))
        await original(self, owner, new, cursor)

    monkeypatch.setattr(Vectors, "put", count)
    another = Chat(settings, user)
    index_todos(another)
    assert sum(put) == 0
    changed = add_todo(todos, "Book the dentist")
    index_todos(chat)
    index_todos(another)  # it is still within the time in which older changes may appear, and is in there
    assert sum(put) == 1
    assert uuid.UUID(changed) in list_points(chat)
    another.close()


def test_a_change_during_reading_skips_no_todo(chat, store, todos):
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
    add_todo(todos, "Newer")
    index_todos(chat)
    stored = store(1, time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime(time.time() - 20)))
    index_todos(chat)
    assert stored <= list_points(chat).keys()
