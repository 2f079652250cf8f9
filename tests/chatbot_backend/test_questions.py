"""Questions that are sent again, and conversations that grow long."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest
from conftest import Chat, events
from test_embedded import titles

from app import questions
from app.backend import BackendUnavailableError
from app.models import Message


def ask(chat, content, key, **more):
    path = f"/conversations/{chat.conversation}/messages"
    return chat.post(path, json={"content": content}, headers={"Idempotency-Key": key, **more})


def keep_question(chat, content, key):
    """A question that nobody answers."""
    return chat.app.state.questions.ask(chat.user.id, uuid.UUID(chat.conversation), content, key)


def keep(chat, *contents):
    """Write messages into the conversation, all of one moment."""

    async def write():
        async with chat.app.state.database.sessions.begin() as session:
            session.add_all(
                Message(conversation_id=uuid.UUID(chat.conversation), role="user", content=content, created_at=moment)
                for content in contents
            )

    moment = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    chat.runner.run(write())


def test_a_repeated_question_is_stored_once_and_gets_the_same_answer(chat, todos):
    first, again = ask(chat, "add buy milk", "key-1"), ask(chat, "add buy milk", "key-1")
    assert dict(events(first.text))["done"] == dict(events(again.text))["done"]
    assert [name for name, _ in events(again.text)] == ["token", "todos", "done"]
    assert chat.history() == [("user", "add buy milk"), ("assistant", "Added “Buy milk”.")]
    assert todos.get("/todos").json()["total"] == 1


def test_another_key_and_no_key_ask_again(chat, todos):
    for key in ("key-1", "key-2"):
        ask(chat, "add buy milk", key)
    chat.say("add buy milk")
    chat.say("add buy milk")
    assert todos.get("/todos").json()["total"] == 4


def test_a_key_is_one_question_of_one_conversation(chat, settings, user):
    ask(chat, "hello", "key-1")
    reply = ask(chat, "add buy milk", "key-1")
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert "another question" in reply.json()["detail"]
    other = Chat(settings, user)
    assert events(ask(other, "list", "key-1").text)[-1][0] == "done"
    other.close()


def test_a_repeated_question_gets_an_answer_after_a_failed_one(chat, todos, monkeypatch):
    with monkeypatch.context() as patch:
        chat.fail_todos(patch, BackendUnavailableError("x"))
        assert events(ask(chat, "list", "key-1").text)[-1][0] == "error"
    assert events(ask(chat, "list", "key-1").text)[-1][0] == "done"
    assert chat.history() == [("user", "list"), ("assistant", "There is nothing open on your list.")]


def test_what_was_said_before_a_stop_is_not_there_beside_the_answer(chat):
    question = chat.runner.run(keep_question(chat, "list", "key-1"))
    chat.runner.run(chat.app.state.questions.answer(question, "You have", finished=False))
    assert chat.history() == [("user", "list"), ("assistant", "You have")]
    ask(chat, "list", "key-1")
    assert chat.history() == [("user", "list"), ("assistant", "There is nothing open on your list.")]


def test_a_question_that_is_being_answered_is_not_answered_twice(chat, todos):
    chat.runner.run(keep_question(chat, "add buy milk", "key-1"))
    reply = ask(chat, "add buy milk", "key-1")
    assert (reply.status_code, reply.headers["retry-after"]) == (409, "2")
    assert titles(todos) == set()


def test_a_dead_process_locks_a_question_only_for_the_answer_time(settings, todos, user):
    chat = Chat(settings.model_copy(update={"answer_seconds": 0.001}), user)
    chat.runner.run(keep_question(chat, "list", "key-1"))
    chat.runner.run(asyncio.sleep(0.01))
    assert ask(chat, "list", "key-1").status_code == 200
    chat.close()


def test_of_questions_sent_at_once_one_is_kept(chat, todos):
    async def both():
        path = f"/conversations/{chat.conversation}/messages"
        sent = [
            chat.http.post(path, json={"content": "add buy milk"}, headers={"Idempotency-Key": "key-1"})
            for _ in range(6)
        ]
        return await asyncio.gather(*sent)

    statuses = {reply.status_code for reply in chat.runner.run(both())}
    assert statuses <= {200, 409}
    assert [role for role, _ in chat.history()] == ["user", "assistant"]
    assert todos.get("/todos").json()["total"] == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "two words", "ü"])
def test_an_invalid_key_is_refused(chat, key):
    path = f"/conversations/{chat.conversation}/messages"
    reply = chat.post(path, json={"content": "hello"}, headers=[(b"Idempotency-Key", key.encode("latin-1"))])
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "header/Idempotency-Key")
    assert chat.history() == []


def test_a_full_conversation_takes_no_more(chat, monkeypatch):
    monkeypatch.setattr(questions, "MAX_MESSAGES", 4)
    chat.say("hello")
    ask(chat, "hello", "key-1")
    reply = chat.send("hello")
    assert (reply.status_code, reply.headers["content-type"]) == (409, "application/problem+json")
    assert reply.json()["detail"] == "the conversation has 4 messages; start another one"
    assert ask(chat, "hello", "key-1").status_code == 200


def test_a_conversation_is_read_in_pages_from_its_end(chat):
    keep(chat, *(f"Number {number}" for number in range(7)))
    path, before, pages = f"/conversations/{chat.conversation}", {}, []
    while True:
        page = chat.get(path, params={"limit": 3, **before}).json()
        pages.insert(0, [message["content"] for message in page["messages"]])
        if page["earlier"] is None:
            break
        before = {"before": page["earlier"]}
    assert [len(page) for page in pages] == [1, 3, 3]
    whole = [message["content"] for message in chat.get(path).json()["messages"]]
    assert [content for page in pages for content in page] == whole
    assert len(set(whole)) == 7


def test_a_page_is_never_larger_than_the_largest(chat):
    keep(chat, *(f"Number {number}" for number in range(201)))
    path = f"/conversations/{chat.conversation}"
    page = chat.get(path).json()
    assert len(page["messages"]) == 200
    assert page["earlier"] == page["messages"][0]["id"]
    assert chat.get(path, params={"limit": 201}).status_code == 422
    assert chat.get(path, params={"limit": 0}).status_code == 422
    assert chat.get(path, params={"before": str(uuid.uuid4())}).status_code == 404


def test_new_conversations_have_a_limit_of_their_own(settings, todos, user):
    chat = Chat(settings.model_copy(update={"chat_limit": "2/day", "redis_url": None}), user)
    assert chat.post("/conversations").status_code == 201  # the second one
    reply = chat.post("/conversations")
    assert (reply.status_code, reply.headers["content-type"]) == (429, "application/problem+json")
    assert int(reply.headers["retry-after"]) >= 1
    assert chat.send("hello").status_code == 200
    chat.close()
