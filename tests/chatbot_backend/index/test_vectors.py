"""Qdrant has one collection, and a user reads only vectors of their own todos."""

from __future__ import annotations

import uuid

from conftest import User
from qdrant_client import models
from vector_index import add_todo, find_nearest, index_todos, list_points, search

from app.vectors import COLLECTION, OWNER


def test_another_models_collection_is_removed_and_others_stay(chat):
    client = chat.app.state.vectors._client
    for name in ("todos", COLLECTION.removesuffix(".owned"), "notes", "todosome"):
        size = models.VectorParams(size=4, distance=models.Distance.COSINE)
        chat.runner.run(client.create_collection(name, vectors_config=size))
    index_todos(chat)
    names = {each.name for each in chat.runner.run(client.get_collections()).collections}
    assert names == {COLLECTION, "notes", "todosome"}


def test_the_payload_index_of_owners_is_a_tenant_index(chat, todos):
    add_todo(todos, "Book the dentist")
    index_todos(chat)
    schema = chat.runner.run(chat.app.state.vectors._client.get_collection(COLLECTION)).payload_schema
    assert (schema[OWNER].data_type, schema[OWNER].params.is_tenant) == (models.PayloadSchemaType.KEYWORD, True)
    assert schema[OWNER].points == 1


def test_of_two_users_with_the_same_words_each_finds_their_own(chat, other, todos, others_todos):
    mine = add_todo(todos, "Book the dentist")
    theirs = {uuid.UUID(add_todo(others_todos, "Book the dentist")) for _ in range(9)}  # more than a search reads
    index_todos(chat)
    index_todos(other)
    assert list_points(chat).keys() == {uuid.UUID(mine), *theirs}
    assert find_nearest(chat, chat.user) == [uuid.UUID(mine)]
    assert set(find_nearest(chat, other.user)) < theirs
    assert find_nearest(chat, User(uuid.uuid4(), "")) == []
    assert search(chat, "dentist") == ["Book the dentist"]


def test_another_users_todo_in_the_index_changes_no_search_result(chat, other, todos, others_todos):
    """It replaces and removes nothing of the other user's index."""
    theirs = uuid.UUID(add_todo(others_todos, "Book the dentist"))
    index_todos(other)
    (todo,) = other.runner.run(other.own_todos.page())[0]
    chat.runner.run(chat.app.state.vectors.put(chat.user.id, [todo], None))
    assert find_nearest(chat, chat.user) == find_nearest(chat, other.user) == [theirs]
    assert search(chat, "dentist") == []  # the backend gives it to nobody else
    assert find_nearest(chat, chat.user) == []  # and it has left the user's own index
    assert find_nearest(chat, other.user) == [theirs]
    assert search(other, "dentist") == ["Book the dentist"]
