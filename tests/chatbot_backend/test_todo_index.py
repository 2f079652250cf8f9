from __future__ import annotations

from conftest import Chat
from databases.ports import free_port
from databases.qdrant import running
from pydantic import SecretStr


def found(chat, query):
    return [todo.title for todo in chat.runner.run(chat.app.state.index.search(query, 5))]


def add(todos, title):
    return todos.post("/todos", json={"title": title}).json()["id"]


def test_a_search_knows_what_was_added_changed_and_deleted_a_moment_ago(chat, todos):
    identity = add(todos, "Book the dentist")
    assert found(chat, "dentist") == ["Book the dentist"]
    todos.patch(f"/todos/{identity}", json={"title": "Water the plants"})
    assert found(chat, "watering plants") == ["Water the plants"]
    assert found(chat, "dentist") == []
    todos.delete(f"/todos/{identity}")
    assert found(chat, "plants") == []


def test_more_todos_than_one_page_are_all_in_the_index(chat, todos):
    for number in range(120):
        add(todos, f"Thing number {number}")
    add(todos, "Book the dentist")
    assert found(chat, "dentist")[0] == "Book the dentist"


def test_a_second_process_finds_what_the_first_indexed(chat, settings, todos):
    add(todos, "Book the dentist")
    assert found(chat, "dentist") == ["Book the dentist"]
    other = Chat(settings)
    assert found(other, "dentist") == ["Book the dentist"]
    other.close()


def test_an_index_that_is_lost_is_made_again(tmp_path, settings, todos):
    port = free_port()
    mine = settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{port}"})
    chat = Chat(mine)
    add(todos, "Book the dentist")
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with running(port, tmp_path / "first"):
        assert found(chat, "dentist") == ["Book the dentist"]
    # Without it: by words, and /health says so; readiness does not depend on it.
    assert found(chat, "the dentist") == ["Book the dentist"]
    health = chat.get("/health").json()
    assert health["status"] == "degraded"
    assert health["qdrant"].startswith("qdrant does not answer")
    assert chat.get("/readyz").status_code == 200
    with running(port, tmp_path / "second"):
        assert found(chat, "dentist") == ["Book the dentist"]
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
