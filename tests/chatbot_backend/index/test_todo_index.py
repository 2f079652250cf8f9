"""A search indexes the changes, and finds a user's todos by meaning in their current state."""

from __future__ import annotations

import uuid

import pytest
from vector_index import add_todo, index_todos, list_points, search

from app import indexer
from app.backend import NotSignedInError


def test_todos_beyond_the_time_limit_are_indexed_by_later_searches(chat, store):
    """Until then they are found by words."""
    store(1, "2026-03-03 00:00:00.000000", title="Book the dentist")
    store(250)
    assert search(chat, "dentist", seconds=0) == ["Book the dentist 0"]
    assert len(list_points(chat)) == 100
    assert search(chat, "teeth appointment", seconds=0) == []
    assert search(chat, "teeth appointment", seconds=0) == ["Book the dentist 0"]
    assert len(list_points(chat)) == 251


def test_todos_changed_since_the_last_indexing_are_found(chat, store, todos):
    store(120)
    index_todos(chat)
    identity = add_todo(todos, "Book the dentist")
    assert search(chat, "teeth appointment") == ["Book the dentist"]
    todos.patch(f"/todos/{identity}", json={"title": "Water the plants"})
    assert search(chat, "watering plants") == ["Water the plants"]
    assert search(chat, "dentist") == []
    todos.delete(f"/todos/{identity}")
    assert search(chat, "plants") == []


def test_a_changed_todo_is_found_by_its_current_text(chat, todos):
    identity = add_todo(todos, "Book the dentist")
    index_todos(chat)
    todos.patch(f"/todos/{identity}", json={"title": "Water the plants"})
    assert search(chat, "dentist") == []
    assert search(chat, "water the plants") == ["Water the plants"]


def test_deleted_todos_do_not_hide_others(chat, todos, monkeypatch):
    monkeypatch.setattr(indexer, "SETTLING_TIME", indexer.SETTLING_TIME * -1)
    deleted = [add_todo(todos, "Book the dentist") for _ in range(8)]
    index_todos(chat)
    add_todo(todos, "Book the dentist again")
    for identity in deleted:
        todos.delete(f"/todos/{identity}")
    assert search(chat, "book the dentist") == ["Book the dentist again"]
    assert list_points(chat).keys().isdisjoint(map(uuid.UUID, deleted))


def test_a_user_whose_session_ended_gets_no_result_from_the_index(chat, todos):
    add_todo(todos, "Book the dentist")
    assert search(chat, "dentist") == ["Book the dentist"]
    todos.delete("/session")
    with pytest.raises(NotSignedInError):
        search(chat, "dentist")
