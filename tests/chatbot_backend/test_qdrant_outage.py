"""Without Qdrant a search goes by words, and a lost index is built again."""

from __future__ import annotations

import uuid

from conftest import Chat
from databases.ports import free_port
from databases.qdrant import running
from pydantic import SecretStr
from vector_index import add_todo, index_todos, list_points, search


def test_a_lost_index_is_built_again(tmp_path, settings, todos, user):
    port = free_port()
    chat = Chat(settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{port}"}), user)
    identity = add_todo(todos, "Book the dentist")
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with running(port, tmp_path / "first"):
        assert index_todos(chat) is True
        assert search(chat, "dentist") == ["Book the dentist"]
    # Without it: by words, and /health says so; readiness does not depend on it.
    assert search(chat, "the dentist") == ["Book the dentist"]
    health = chat.get("/health").json()
    assert health["status"] == "degraded"
    assert health["qdrant"].startswith("qdrant does not answer")
    assert chat.get("/readyz").status_code == 200
    with running(port, tmp_path / "second"):
        index_todos(chat)
        assert list_points(chat).keys() == {uuid.UUID(identity)}
    chat.close()


def test_with_a_wrong_api_key_a_search_goes_by_words(tmp_path, settings, todos, user):
    port = free_port()
    wrong = {"qdrant_url": f"http://127.0.0.1:{port}", "qdrant_api_key": SecretStr("wrong")}
    add_todo(todos, "Book the dentist")
    with running(port, tmp_path):
        chat = Chat(settings.model_copy(update=wrong), user)
        assert search(chat, "dentist") == ["Book the dentist"]
        assert chat.get("/health").json()["qdrant"].startswith("qdrant does not answer")
        chat.close()
