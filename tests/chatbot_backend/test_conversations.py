from __future__ import annotations

import asyncio
import uuid

import pytest
from conftest import Chat


def test_a_conversation_is_kept_in_order(chat):
    chat.say("add buy milk")
    chat.say("list my todos")
    assert chat.history() == [
        ("user", "add buy milk"),
        ("assistant", "Added “Buy milk”."),
        ("user", "list my todos"),
        ("assistant", "You have 1 todo open:\n1. Buy milk"),
    ]


def test_an_answer_streams_in_pieces_then_tells_changes_then_ends(chat):
    reply = chat.send("add buy milk")
    assert reply.headers["content-type"].startswith("text/event-stream")
    names = [name for name, _ in chat.events("add buy bread")]
    assert names == ["token"] * 3 + ["todos", "done"]
    assert [name for name, _ in chat.events("list")][-2:] == ["token", "done"]


def test_the_changed_todo_is_named_by_its_id(chat, todos):
    changed = dict(chat.events("add buy milk"))["todos"]["changed"]
    assert [todos.get(f"/todos/{identity}").json()["title"] for identity in changed] == ["Buy milk"]


def test_a_conversation_is_told_to_nobody_and_deleted_with_its_messages(chat):
    chat.say("hello")
    other = chat.post("/conversations")
    assert other.headers["location"] == f"conversations/{other.json()['id']}"  # behind `/chat` as well as without
    assert chat.get("/conversations").status_code == 405
    assert chat.delete(f"/conversations/{chat.conversation}").status_code == 204
    assert chat.get(f"/conversations/{chat.conversation}").status_code == 404
    assert chat.delete(f"/conversations/{chat.conversation}").status_code == 404
    assert chat.get(other.url.join(other.headers["location"])).json()["messages"] == []


def test_who_asks_in_a_conversation_while_it_is_removed_finds_it_or_none(chat):
    async def race():
        statuses = set()
        for _ in range(10):
            path = f"/conversations/{(await chat.http.post('/conversations')).json()['id']}"
            asked = [chat.http.post(f"{path}/messages", json={"content": "hello"}) for _ in range(2)]
            replies = await asyncio.gather(*asked, chat.http.delete(path), chat.http.delete(path))
            statuses |= {reply.status_code for reply in replies}
        return statuses

    assert chat.runner.run(race()) <= {200, 204, 404}


@pytest.mark.parametrize(
    ("content", "where"),
    [({"content": ""}, "body/content"), ({"content": "  "}, "body/content"), ({"content": "x" * 2001}, "body/content"),
     ({"content": "a\0b"}, "body/content"),
     ({}, "body/content"), ({"content": "x", "role": "assistant"}, "body/role")],
)  # fmt: skip
def test_a_question_that_is_none_is_refused_by_name(chat, content, where):
    reply = chat.post(f"/conversations/{chat.conversation}/messages", json=content)
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, where)
    assert chat.history() == []


def test_an_unknown_conversation_is_a_problem_and_not_a_stream(chat):
    reply = chat.post(f"/conversations/{uuid.uuid4()}/messages", json={"content": "hello"})
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


def test_without_the_backend_the_question_is_kept_and_the_answer_is_an_error(settings, todos):
    chat = Chat(settings.model_copy(update={"backend_url": "http://127.0.0.1:9"}))
    (name, problem) = chat.events("list my todos")[-1]
    assert (name, problem["status"], problem["detail"]) == ("error", 503, "the todos cannot be reached just now")
    assert chat.history() == [("user", "list my todos")]
    chat.close()


def test_an_error_of_our_own_tells_nothing_of_itself(chat, monkeypatch):
    async def broken(*_):
        await asyncio.sleep(0)
        raise RuntimeError("a secret of the inside")
        yield ""

    monkeypatch.setattr(chat.app.state.assistant, "answer", broken, raising=False)
    (event,) = chat.events("hello")
    assert event == ("error", {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "something went wrong"})  # fmt: skip
