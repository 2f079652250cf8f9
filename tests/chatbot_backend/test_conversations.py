from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest
from conftest import Chat

from app import conversations
from app.backend import BackendUnavailableError
from app.models import Conversation, Message
from chassis.columns import now


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


def test_a_conversation_is_not_listed_and_deleted_with_its_messages(chat):
    chat.say("hello")
    other = chat.post("/conversations")
    assert other.headers["location"] == f"conversations/{other.json()['id']}"  # behind `/chat` as well as without
    assert chat.get("/conversations").status_code == 405
    assert chat.delete(f"/conversations/{chat.conversation}").status_code == 204
    assert chat.get(f"/conversations/{chat.conversation}").status_code == 404
    assert chat.delete(f"/conversations/{chat.conversation}").status_code == 404
    assert chat.get(other.url.join(other.headers["location"])).json()["messages"] == []


def test_a_question_during_a_deletion_gets_an_answer_or_404(chat):
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
def test_an_invalid_question_is_refused_by_name(chat, content, where):
    reply = chat.post(f"/conversations/{chat.conversation}/messages", json=content)
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, where)
    assert chat.history() == []


def test_an_unknown_conversation_is_a_problem_and_not_a_stream(chat):
    reply = chat.post(f"/conversations/{uuid.uuid4()}/messages", json={"content": "hello"})
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


def test_without_the_backend_a_question_is_kept_and_gets_an_error(chat, monkeypatch):
    chat.fail_todos(monkeypatch, BackendUnavailableError("x"))
    (name, problem) = chat.events("list my todos")[-1]
    assert (name, problem["status"], problem["detail"]) == ("error", 503, "the todos cannot be reached just now")
    assert chat.history() == [("user", "list my todos")]


def test_of_a_users_conversations_the_last_ones_are_kept(chat, settings, sign_up, monkeypatch):
    monkeypatch.setattr(conversations, "MAX_CONVERSATIONS", 3)
    chat.say("hello")
    other = Chat(settings, sign_up())
    made = [chat.conversation, *(chat.post("/conversations").json()["id"] for _ in range(4))]
    statuses = [chat.get(f"/conversations/{each}").status_code for each in made]
    assert statuses == [404, 404, 200, 200, 200]
    assert other.history() == []  # another user's stay
    other.close()


def test_a_conversation_that_is_used_stays_though_it_is_the_oldest(chat, monkeypatch):
    monkeypatch.setattr(conversations, "MAX_CONVERSATIONS", 3)
    made = [chat.conversation, *(chat.post("/conversations").json()["id"] for _ in range(2))]
    chat.say("hello")
    chat.post("/conversations")
    assert [chat.get(f"/conversations/{each}").status_code for each in made] == [200, 404, 200]


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (-1, 404), (None, 404)])
def test_a_conversation_stays_while_a_question_is_being_answered(chat, monkeypatch, seconds, status):
    monkeypatch.setattr(conversations, "MAX_CONVERSATIONS", 2)
    moment = now() - dt.timedelta(hours=1)
    until = None if seconds is None else now() + dt.timedelta(seconds=seconds)

    async def write():
        async with chat.app.state.database.sessions.begin() as session:
            old = Conversation(owner_id=chat.user.id, created_at=moment)
            session.add(old)
            await session.flush()
            session.add(
                Message(conversation_id=old.id, role="user", content="x", created_at=moment, answering_until=until)
            )
            return old.id

    old = chat.runner.run(write())
    for _ in range(3):
        chat.post("/conversations")
    assert chat.get(f"/conversations/{old}").status_code == status
    assert chat.get(f"/conversations/{chat.conversation}").status_code == 404


def test_concurrent_conversations_are_all_created_and_the_last_kept(chat, monkeypatch):
    monkeypatch.setattr(conversations, "MAX_CONVERSATIONS", 3)

    async def make():
        return await asyncio.gather(*(chat.http.post("/conversations") for _ in range(12)))

    made = chat.runner.run(make())
    assert {reply.status_code for reply in made} == {201}
    last = chat.post("/conversations").json()["id"]
    left = [each.json()["id"] for each in made if chat.get(f"/conversations/{each.json()['id']}").status_code == 200]
    assert len(left) == 2
    assert chat.get(f"/conversations/{last}").status_code == 200


def test_an_error_of_our_own_tells_nothing_of_itself(chat, monkeypatch):
    async def broken(*_):
        await asyncio.sleep(0)
        raise RuntimeError("a secret of the inside")
        yield ""

    monkeypatch.setattr(chat.app.state.assistant, "answer", broken, raising=False)
    (event,) = chat.events("hello")
    assert event == ("error", {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "something went wrong"})  # fmt: skip
