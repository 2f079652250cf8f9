"""How an answer ends before its end: stopped by its reader, or by its deadline."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid

import httpx
import pytest
from conftest import Chat, events
from databases.ports import free_port
from model_server import scripted
from services.process import ROOT, serving

from app.backend import BackendRefusedError, BackendUnavailableError, NotSignedInError
from app.todos import Todos

SECONDS = 10


@pytest.fixture
def model():
    with scripted() as made:
        yield made


@pytest.fixture
def server(settings, todos, user, model, tmp_path):
    """The URL of the real server, with the scripted model."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/chat.db",
        "MIGRATE_ON_START": "true",
        "REDIS_URL": "",
        "QDRANT_URL": "http://127.0.0.1:9",
        "BACKEND_URL": settings.backend_url,
        "ASSISTANT": "openai",
        "OPENAI_BASE_URL": model[1],
        "PORT": str(port),
    }
    with serving("app.main", url, tmp_path / "log", folder=ROOT / "chatbot_backend", **own):
        yield url


def wait_for(found):
    deadline = time.monotonic() + SECONDS
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_reader_who_leaves_stops_the_model_and_changes_no_todo(server, model, todos, user):
    go_on = threading.Event()
    model[0].script = [("I add", go_on, [("add_todo", {"title": "Buy milk"})]), "Done."]
    with httpx.Client(base_url=server, headers=user.cookie, timeout=SECONDS) as http:
        conversation = http.post("/conversations").json()["id"]
        path = f"/conversations/{conversation}"
        with http.stream("POST", f"{path}/messages", json={"content": "add buy milk"}) as reply:
            assert "I" in next(line for line in reply.iter_lines() if line.startswith("data:"))
        wait_for(lambda: len(http.get(path).json()["messages"]) == 2)
        go_on.set()
        time.sleep(1)
        said = [(each["role"], each["content"], each["finished"]) for each in http.get(path).json()["messages"]]
    assert len(model[0].asked) == 1
    assert todos.get("/todos").json()["total"] == 0
    assert said[0] == ("user", "add buy milk", True)
    assert said[1] in {("assistant", "I", False), ("assistant", "Iadd", False)}


def test_a_reader_who_leaves_before_the_first_word_ends_the_call(server, model, todos, user):
    """The call is the one of the language model."""
    go_on = threading.Event()
    model[0].script = [(go_on, [("add_todo", {"title": "Buy milk"})]), "Done."]
    with httpx.Client(base_url=server, headers=user.cookie, timeout=SECONDS) as http:
        conversation = http.post("/conversations").json()["id"]
        with pytest.raises(httpx.ReadTimeout):
            http.post(f"/conversations/{conversation}/messages", json={"content": "add buy milk"}, timeout=5)
        go_on.set()
        time.sleep(1)
        assert [each["role"] for each in http.get(f"/conversations/{conversation}").json()["messages"]] == ["user"]
    assert len(model[0].asked) == 1
    assert todos.get("/todos").json()["total"] == 0


@pytest.fixture
def slow_chat(settings, todos, user, model):
    """A chat whose model never ends; and what ends that."""
    made = []

    def open_with(**limits):
        mine = {"assistant": "openai", "openai_base_url": model[1], **limits}
        made.append(Chat(settings.model_copy(update=mine), user))
        return made[-1]

    yield open_with
    for chat in made:
        chat.close()


@pytest.mark.parametrize(
    ("limits", "detail"),
    [
        ({"answer_seconds": 2}, "the answer takes too long"),
        ({"model_seconds": 2}, "the language model takes too long"),
    ],
)
def test_an_answer_and_each_call_of_the_model_have_a_deadline(slow_chat, model, limits, detail):
    model[0].script = [("Well", threading.Event())]
    found = slow_chat(**limits).events("hello")
    assert [name for name, _ in found] == ["token", "error"]
    assert (found[1][1]["status"], found[1][1]["detail"]) == (504, detail)


def test_many_short_calls_have_the_deadline_of_the_answer(slow_chat, model, monkeypatch):
    chat = slow_chat(answer_seconds=0.6)
    model[0].script = [[("list_todos", {})]] * 6

    async def slow(*_, **__):
        await asyncio.sleep(0.25)
        return [], 0

    monkeypatch.setattr(Todos, "page", slow)
    (event,) = chat.events("hello")
    assert (event[0], event[1]["status"]) == ("error", 504)
    assert len(model[0].asked) < 6


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (BackendUnavailableError("x"), 503, "the todos cannot be reached just now"),
        (BackendRefusedError(404, "there is no todo x"), 404, "that todo is not there any more"),
        (BackendRefusedError(422, "title: too long"), 422, "title: too long"),
        (NotSignedInError("x"), 401, "sign in first"),
        (OSError("x"), 503, "the conversation cannot be kept just now"),
    ],
)
def test_an_error_says_what_went_wrong(chat, monkeypatch, error, status, detail):
    async def broken(*_):
        raise error
        yield ""

    monkeypatch.setattr(chat.app.state.assistant, "answer", broken, raising=False)
    (event,) = chat.events("hello")
    assert (event[0], event[1]["status"], event[1]["detail"]) == ("error", status, detail)


def test_the_backends_words_are_in_its_errors(chat, todos):
    client = chat.own_todos
    with pytest.raises(BackendRefusedError, match=r"title: String should have at most 200 characters") as refused:
        chat.runner.run(client.add("key", title="x" * 201))
    assert refused.value.status == 422
    with pytest.raises(BackendRefusedError, match="there is no todo") as refused:
        chat.runner.run(client.change(uuid.uuid4(), completed=True))
    assert refused.value.is_missing


def test_an_answer_is_read_to_its_end(server, model, todos, user):
    model[0].script = [[("add_todo", {"title": "Buy milk"})], "Done."]
    with httpx.Client(base_url=server, headers=user.cookie, timeout=SECONDS) as http:
        conversation = http.post("/conversations").json()["id"]
        reply = http.post(f"/conversations/{conversation}/messages", json={"content": "add buy milk"})
    assert [name for name, _ in events(reply.text)] == ["token", "todos", "done"]
    assert todos.get("/todos").json()["total"] == 1
