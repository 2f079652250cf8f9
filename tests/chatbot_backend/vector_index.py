"""Add todos, index them, and search the index of a chat."""

from __future__ import annotations

import uuid

from app import indexer
from app.embedding import embed
from app.todo_index import TodoIndex
from app.vectors import COLLECTION, TODO, UPDATED_AT

ENOUGH_SECONDS = 60.0


def add_todo(todos, title):
    """Add a todo to the backend; returns its id."""
    return todos.post("/todos", json={"title": title}).json()["id"]


def index_todos(chat, seconds=ENOUGH_SECONDS):
    """Index the changed todos of the chat's user; returns whether all of them are indexed."""
    return chat.runner.run(indexer.index_changes(chat.app.state.vectors, chat.own_todos, chat.user.id, seconds))


def search(chat, query, seconds=ENOUGH_SECONDS):
    """Search the todos of the chat's user; returns the titles, the nearest first."""
    index = TodoIndex(chat.app.state.vectors, chat.own_todos, chat.user.id, seconds)
    return [todo.title for todo in chat.runner.run(index.search(query, 5))]


def find_nearest(chat, user):
    """The ids of a user's five todos in the index that are nearest to the dentist."""
    (vector,) = embed(["dentist"])
    return chat.runner.run(chat.app.state.vectors.nearest(user.id, vector, 5))


def list_points(chat):
    """The ids of all users' todos in the index, with the time of change of each."""
    client = chat.app.state.vectors._client
    query = client.query_points(COLLECTION, query=[1.0] + [0.0] * 255, limit=100_000, with_payload=True)
    payloads = [point.payload for point in chat.runner.run(query).points]
    return {uuid.UUID(each[TODO]): each[UPDATED_AT] for each in payloads if TODO in each}
