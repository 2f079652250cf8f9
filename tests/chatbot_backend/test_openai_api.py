"""The other adapter, against a server that speaks the API's wire format and checks what it is sent."""

from __future__ import annotations

import json

import pytest
from conftest import Chat
from model_server import scripted
from pydantic import SecretStr


@pytest.fixture
def model():
    with scripted() as made:
        yield made


@pytest.fixture
def chat(settings, todos, model):
    mine = {
        "assistant": "openai",
        "openai_base_url": model[1],
        "openai_api_key": SecretStr("key-1"),
        "openai_model": "m",
    }
    made = Chat(settings.model_copy(update=mine))
    yield made
    made.close()


def test_text_streams_through_and_is_kept(chat, model):
    model[0].script = ["Good day"]
    assert [data["text"] for name, data in chat.events("hello") if name == "token"] == ["Good", "day"]
    (asked,) = model[0].asked
    assert (asked["path"], asked["key"], asked["model"]) == ("/v1/chat/completions", "Bearer key-1", "m")
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert {tool["function"]["name"] for tool in asked["tools"]} == {
        "add_todo", "list_todos", "list_done_todos", "search_todos", "complete_todo", "summarise_todos"
    }  # fmt: skip


def test_every_tool_works_on_the_real_todos(chat, model, todos):
    milk = todos.post("/todos", json={"title": "Buy milk"}).json()["id"]
    model[0].script = [
        [("add_todo", {"title": "Call mum"}), ("complete_todo", {"id": milk})],
        [("list_todos", ""), ("list_done_todos", {}), ("search_todos", {"query": "mum"}), ("summarise_todos", {})],
        "All done.",
    ]
    found = chat.events("tidy up")
    assert found[-1][1]["message"]["content"] == "Alldone."
    assert milk in dict(found)["todos"]["changed"]
    said = {message["tool_call_id"]: json.loads(message["content"]) for message in model[0].asked[2]["messages"][-4:]}
    assert [todo["title"] for todo in said["call-0"]["todos"]] == ["Call mum"]
    assert [todo["title"] for todo in said["call-1"]["todos"]] == ["Buy milk"]
    assert [todo["title"] for todo in said["call-2"]] == ["Call mum"]
    assert (said["call-3"]["open"], said["call-3"]["done"]) == (1, 1)


def test_the_models_mistakes_are_told_to_it(chat, model):
    model[0].script = [
        [("delete_everything", {}), ("complete_todo", {"id": "milk"}), ("add_todo", "{not json")],
        "Sorry.",
    ]
    chat.events("go")
    said = [json.loads(message["content"]) for message in model[0].asked[1]["messages"][-3:]]
    assert all("error" in each for each in said)


def test_a_model_that_goes_round_in_circles_is_made_to_answer(chat, model):
    model[0].script = [[("list_todos", {})]] * 5 + ["Enough."]
    assert chat.events("go")[-1][0] == "done"
    assert "tools" not in model[0].asked[-1]


def test_a_model_that_does_not_answer_is_an_error_without_its_inside(chat, model):
    model[0].script = [400]
    (name, problem) = chat.events("hello")[-1]
    assert (name, problem["status"]) == ("error", 502)
    assert problem["detail"].startswith("the language model does not answer (")
    assert "key-1" not in json.dumps(problem)
