"""Each test has a Qdrant of its own."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing

import httpx
import pytest
from databases.ports import free_port
from databases.qdrant import running

LONG_AGO = "2026-01-02 03:04:05.678901"


@pytest.fixture
def settings(settings, tmp_path):
    """Settings of a chat with an index of its own."""
    port = free_port()
    with running(port, tmp_path):
        yield settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{port}"})


@pytest.fixture
def store(backend_file, user):
    """A function that inserts todos of `user` with one time of change into the backend's database; returns their ids."""

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
def others_todos(backend, other):
    """A client of the backend, signed in as the other user."""
    with httpx.Client(base_url=backend, headers=other.user.cookie, timeout=10) as http:
        yield http
