"""Qdrant: TEST_QDRANT_URL's, or its engine behind the local cloud's server, on a port of its own."""

from __future__ import annotations

import os

import pytest
from databases.ports import free_port
from services.process import serving

API_KEY = "a-key-of-the-tests"


def running(port, folder):
    """The server on a port, with its data below a folder; a context manager."""
    return serving(
        "localcloud.qdrant",
        f"http://127.0.0.1:{port}",
        folder / "log",
        QDRANT__SERVICE__HTTP_PORT=str(port),
        QDRANT__SERVICE__HOST="127.0.0.1",
        QDRANT__SERVICE__API_KEY=API_KEY,
        QDRANT__STORAGE__STORAGE_PATH=str(folder / "storage"),
    )


@pytest.fixture(scope="session")
def qdrant(tmp_path_factory):
    """The URL of a server with nothing in it that matters; its key is API_KEY where we started it."""
    if url := os.environ.get("TEST_QDRANT_URL"):
        yield url
        return
    port = free_port()
    with running(port, tmp_path_factory.mktemp("qdrant")):
        yield f"http://127.0.0.1:{port}"
