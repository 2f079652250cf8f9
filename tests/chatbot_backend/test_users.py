"""Who may ask, and that each user has their own conversations and todos alone."""

from __future__ import annotations

import uuid

import httpx
import pytest
from conftest import events
from test_embedded import add, titles

from app.backend import Backend, NotSignedInError
from app.models import Conversation
from app.users import User

NOBODY = "http://127.0.0.1:9"


def requests(conversation):
    """Every request for a conversation, and for a new one."""
    path = f"/conversations/{conversation}"
    return [
        ("POST", "/conversations", {}),
        ("GET", path, {}),
        ("POST", f"{path}/messages", {"json": {"content": "list my todos"}}),
        ("DELETE", path, {}),
    ]


@pytest.mark.parametrize(
    "cookie",
    ["", "session=", "session=of-nobody", 'session="a\\073 session=b"', "session=a b", "session=" + "x" * 5000,
     "session=\xe4", "__Host-session=of-nobody"],
)  # fmt: skip
def test_without_a_session_there_is_no_answer(chat, cookie):
    for method, path, more in requests(chat.conversation):
        reply = chat.request(method, path, headers={"Cookie": cookie.encode("latin-1")}, **more)
        assert (reply.status_code, reply.headers["content-type"]) == (401, "application/problem+json")
        assert reply.json()["detail"] == "sign in first"
        assert reply.headers["www-authenticate"] == "Session"
    assert chat.history() == []


def test_over_https_only_the_host_prefixed_cookie_is_accepted(chat, user):
    secure = {"X-Forwarded-Proto": "https"}
    assert chat.post("/conversations", headers=secure).status_code == 401
    named = {"Cookie": f"__Host-session={user.token}"}
    assert chat.post("/conversations", headers={**secure, **named}).status_code == 201


def test_what_one_user_is_answered_no_cache_keeps(chat):
    assert chat.get(f"/conversations/{chat.conversation}").headers["cache-control"] == "no-store"


def test_a_session_that_has_ended_is_one_no_more(chat, todos):
    assert todos.delete("/session").status_code == 204
    assert chat.post("/conversations").status_code == 401


def test_the_stream_reports_a_session_that_ends_during_the_answer(chat, monkeypatch):
    chat.fail_todos(monkeypatch, NotSignedInError("x"))
    for said in ("list my todos", "add buy milk", "complete buy milk", "find milk", "what is milk"):
        name, problem = chat.events(said)[-1]
        assert (name, problem["status"], problem["detail"]) == ("error", 401, "sign in first")


def test_without_the_backend_every_request_gets_503_with_retry_after(chat):
    chat.app.state.backend._http.base_url = NOBODY
    for method, path, more in requests(chat.conversation):
        reply = chat.request(method, path, **more)
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
        assert reply.headers["content-type"] == "application/problem+json"
    assert chat.get("/readyz").status_code == 200


@pytest.mark.parametrize("body", [b"[]", b"{}", b"no json", b'{"id": "x"}'])
def test_a_backend_that_answers_otherwise_is_none(chat, monkeypatch, body):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    monkeypatch.setattr(chat.app.state.backend._http, "_transport", transport)
    assert chat.post("/conversations").status_code == 503


def test_another_user_cannot_read_ask_in_or_remove_a_conversation(chat, other, todos):
    chat.say("add buy milk")
    unknown = uuid.uuid4()
    for (method, path, more), (_, nowhere, _) in zip(
        requests(chat.conversation)[1:], requests(unknown)[1:], strict=True
    ):
        theirs, nobodys = other.request(method, path, **more), other.request(method, nowhere, **more)
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
        assert theirs.text.replace(chat.conversation, "") == nobodys.text.replace(str(unknown), "")  # nor guess one
    assert [role for role, _ in chat.history()] == ["user", "assistant"]
    assert titles(todos) == {"Buy milk"}


def test_an_answer_is_not_repeated_to_another_user_with_the_same_key(chat, other):
    key = {"Idempotency-Key": "key-1"}
    assert chat.send("add buy milk", **key).status_code == 200
    path = f"/conversations/{chat.conversation}/messages"
    assert other.post(path, json={"content": "add buy milk"}, headers=key).status_code == 404
    assert dict(events(other.send("list", **key).text))["done"]["message"]["content"].startswith("There is nothing")


def test_conversations_from_before_there_were_users_are_nobodys(chat):
    old = uuid.uuid4()

    async def write():
        async with chat.app.state.database.sessions.begin() as session:
            session.add(Conversation(id=old))

    chat.runner.run(write())
    for method, path, more in requests(old)[1:]:
        assert chat.request(method, path, **more).status_code == 404


@pytest.mark.parametrize(
    "said",
    ["delete buy milk", "complete buy milk", "reopen buy milk", "move buy milk to friday", "undo", "delete number 1", "delete it"],
)  # fmt: skip
def test_another_users_todos_are_out_of_reach(chat, other, todos, said):
    before = add(todos, "Buy milk")
    chat.say("add call mum")
    chat.say("list my todos")
    for command in ("list my todos", "find buy milk", "summarise my todos", "what's done?", said):
        answer = other.say(command)
        assert "Buy milk" not in answer
        assert "Call mum" not in answer
    assert titles(todos) == {"Buy milk", "Call mum"}
    assert todos.get(f"/todos/{before[0]['id']}").json() == before[0]


def test_no_cookie_of_an_answer_goes_with_another_users_request(chat, other, backend):
    """Of one client for all users: what the backend sets for one is not kept for the next."""
    asked = []

    def answer(request):
        asked.append(request.headers.get_list("cookie"))
        set_cookie = "session=of-anna; Path=/"
        return httpx.Response(200, json={"id": str(uuid.uuid4())}, headers={"Set-Cookie": set_cookie})

    client = Backend(backend, 2)
    client._http._transport = httpx.MockTransport(answer)
    for token in ("anna", "ben"):
        chat.runner.run(client.ask(token, "GET", "/session"))
    assert asked == [["session=anna"], ["session=ben"]]
    assert not client._http.cookies.jar


def test_no_token_is_shown():
    assert "a-token" not in repr(User(uuid.uuid4(), "a-token"))
