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
def chat(settings, todos, user, model):
    mine = {
        "assistant": "openai",
        "openai_base_url": model[1],
        "openai_api_key": SecretStr("key-1"),
        "openai_model": "m",
    }
    made = Chat(settings.model_copy(update=mine), user)
    yield made
    made.close()


def test_text_streams_through_and_is_kept(chat, model):
    model[0].script = ["Good day"]
    assert [data["text"] for name, data in chat.events("hello") if name == "token"] == ["Good", "day"]
    (asked,) = model[0].asked
    assert (asked["path"], asked["key"], asked["model"]) == ("/v1/chat/completions", "Bearer key-1", "m")
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert {tool["function"]["name"] for tool in asked["tools"]} == {
        "add_todo", "list_todos", "list_done_todos", "list_due_todos", "search_todos", "complete_todo", "reopen_todo",
        "set_due_date", "delete_todo", "undo", "summarise_todos",
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


def test_the_model_sets_dates_reopens_deletes_and_undoes(chat, model, todos):
    made = [todos.post("/todos", json={"title": title}).json()["id"] for title in ("Milk", "Bread", "Salt")]
    todos.patch(f"/todos/{made[1]}", json={"completed": True})
    model[0].script = [
        [("set_due_date", {"id": made[0], "due_at": "2031-05-06T17:00"}), ("reopen_todo", {"id": made[1]})],
        [("delete_todo", {"id": made[2]}), ("add_todo", {"title": "Tea", "due_at": "2031-05-08"})],
        [("list_due_todos", {"from": "2031-05-06", "before": "2031-05-07"})],
        [("delete_todo", {"id": made[0]}), ("undo", {}), ("set_due_date", {"id": made[1], "due_at": "soon"})],
        "Done.",
    ]
    chat.events("go", time_zone="Europe/Berlin")
    said = {each["tool_call_id"]: json.loads(each["content"]) for each in model[0].asked[3]["messages"][-1:]}
    assert [(todo["title"], todo["due_at"]) for todo in said["call-0"]] == [("Milk", "2031-05-06T15:00:00Z")]
    last = [json.loads(each["content"]) for each in model[0].asked[4]["messages"][-3:]]
    assert last[1] == {"taken_back": "deleted", "title": "Milk"}
    assert "error" in last[2]
    left = todos.get("/todos", params={"sort": "title"}).json()["items"]
    assert [(todo["title"], todo["completed"]) for todo in left] == [
        ("Bread", False),
        ("Milk", False),
        ("Tea", False),
    ]
    assert "time zone, Europe/Berlin" in model[0].asked[0]["messages"][0]["content"]


def test_the_model_gets_the_errors_of_its_calls(chat, model):
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
