"""Dates, deleting, reopening and taking back by chat, against real todos."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from conftest import Chat
from test_embedded import add, titles

from app.backend import BackendRefusedError, BackendUnavailableError, NotSignedInError
from app.todos import Todos


def due(todos, title):
    (found,) = [item for item in todos.get("/todos").json()["items"] if item["title"] == title]
    return found["due_at"] and dt.datetime.fromisoformat(found["due_at"])


def at(days, **more):
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=days, **more)).isoformat()


def test_what_is_due_this_week_is_only_what_is_due_this_week(chat, todos):
    now = dt.datetime.now(dt.UTC)
    sunday = now.replace(hour=23, minute=30) + dt.timedelta(days=6 - now.weekday())
    add(todos, "This week", due_at=sunday.isoformat())
    add(todos, "Next week", due_at=(sunday + dt.timedelta(hours=12)).isoformat())
    add(todos, "Last week", due_at=(sunday - dt.timedelta(days=8)).isoformat())
    add(todos, "Done", due_at=sunday.isoformat(), completed=True)
    add(todos, "Someday")
    answer = chat.say("What is due this week?")
    assert answer == f"You have 1 todo due this week:\n1. This week (due {sunday:%-d %B %Y}, 23:30)"
    assert "Next week" in chat.say("what's due next week")
    assert chat.say("Which todos are overdue?").startswith("You have 1 todo overdue:\n1. Last week")
    assert chat.say("anything due by 1 January 2001?") == "Nothing is due by 1 January 2001."
    assert chat.say("what is due?").startswith("You have 3 todos with a date:\n1. Last week")


@pytest.mark.parametrize(
    "said", ["what is on my list for today?", "what's due today?", "what do I have to do today", "show me today"]
)
def test_today_is_only_today(chat, todos, said):
    today = dt.datetime.now(dt.UTC).replace(hour=23, minute=59)
    add(todos, "Today", due_at=today.isoformat())
    add(todos, "Later", due_at=at(3))
    add(todos, "Someday")
    answer = chat.say(said)
    assert "1. Today" in answer
    assert "Later" not in answer
    assert "Someday" not in answer


def test_the_day_is_the_persons_own(chat, todos):
    chat.say("add call mum tomorrow at 9:00", time_zone="Asia/Tokyo")
    tokyo = dt.timezone(dt.timedelta(hours=9))
    found = due(todos, "Call mum").astimezone(tokyo)
    assert (found.hour, found.date()) == (9, (dt.datetime.now(tokyo) + dt.timedelta(days=1)).date())
    assert chat.say("what is due tomorrow?", time_zone="Asia/Tokyo").endswith(", 09:00)")


def test_an_invalid_time_zone_is_refused(chat):
    path = f"/conversations/{chat.conversation}/messages"
    for name in ("Mars/Olympus", "../../etc/passwd", "", "\0"):
        reply = chat.post(path, json={"content": "x", "time_zone": name})
        assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "body/time_zone")


@pytest.mark.parametrize(
    "said",
    ["Remember when we met?", "remember when we met", "Remember how we laughed?", "do you remember me?", "Remember to buy milk?",
     "New York is great", "Delete buy milk?", "Is buy milk due tomorrow?", "put the kettle away"],
)  # fmt: skip
def test_what_is_no_command_changes_nothing(chat, todos, said):
    add(todos, "Buy milk")
    chat.say(said)
    assert titles(todos) == {"Buy milk"}
    assert due(todos, "Buy milk") is None


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("remember the milk", "The milk"),
        ("could you remember to buy milk?", "Buy milk"),
        ("put buy milk on my list", "Buy milk"),
        ("new todo: buy milk", "Buy milk"),
        ("add read March by Geraldine Brooks", "Read March by Geraldine Brooks"),
        ("add “call mum tomorrow”", "Call mum tomorrow"),
    ],
)
def test_what_is_a_command_adds_without_a_date(chat, todos, said, title):
    assert chat.say(said) == f"Added “{title}”."
    assert due(todos, title) is None


@pytest.mark.parametrize(
    "said",
    ["add buy milk by 3 December 2031", "add a todo to buy milk, due 2031-12-03", "remind me to buy milk on 3.12.2031",
     "add buy milk to my list on December 3, 2031", "remember to buy milk until the 3rd of December 2031",
     "remind me on 3 December 2031 to buy milk"],
)  # fmt: skip
def test_a_todo_is_added_with_a_date(chat, todos, said):
    assert chat.say(said) == "Added “Buy milk”, due 3 December 2031."
    assert due(todos, "Buy milk") == dt.datetime(2031, 12, 3, 23, 59, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "said",
    ["move buy milk to 3 December 2031 at 17:00", "set the due date of buy milk to 3.12.2031 5pm",
     "postpone milk until 2031-12-03 17:00", "buy milk is due on 3 December 2031 at 5 pm", "set buy milk due 2031-12-03 at 5pm",
     "could you push back buy milk to 2031-12-03 17:00?"],
)  # fmt: skip
def test_a_date_is_set(chat, todos, said):
    add(todos, "Buy milk", "Call mum")
    assert chat.say(said) == "“Buy milk” is due 3 December 2031, 17:00."
    assert due(todos, "Buy milk") == dt.datetime(2031, 12, 3, 17, tzinfo=dt.UTC)
    assert due(todos, "Call mum") is None


def test_a_date_is_removed_and_an_invalid_one_reported(chat, todos):
    add(todos, "Buy milk", due_at=at(1))
    assert chat.say("move buy milk to 31 February").startswith("I do not know when “31 February” is.")
    assert chat.say("postpone buy milk").startswith("To when? Say for example “move buy milk to friday”.")
    assert chat.say("remove the date of buy milk") == "“Buy milk” has no date any more."
    assert due(todos, "Buy milk") is None


@pytest.mark.parametrize(
    "said", ["delete buy milk", "remove buy milk from my list", "Delete the task buy milk", "please get rid of milk"]
)
def test_a_todo_is_deleted(chat, todos, said):
    add(todos, "Buy milk", "Call mum")
    assert chat.say(said) == "Deleted “Buy milk”. Say “undo” to have it back."
    assert titles(todos) == {"Call mum"}


def test_everything_is_not_deleted_by_a_word(chat, todos):
    add(todos, "Buy milk", "Everything bagel")
    for said in ("delete everything", "delete all", "remove all of them"):
        assert chat.say(said) == "I delete one todo at a time. Which one?"
    assert titles(todos) == {"Buy milk", "Everything bagel"}


@pytest.mark.parametrize(
    "said", ["reopen buy milk", "mark buy milk as not done", "buy milk is not done after all", "mark milk open", "uncheck it"]
)  # fmt: skip
def test_a_todo_is_reopened(chat, todos, said):
    add(todos, "Buy milk")
    chat.say("complete buy milk")
    assert chat.say(said) == "Open again: “Buy milk”."
    assert titles(todos, completed=False) == {"Buy milk"}


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("delete call", "Deleted “Call the bank”. Say “undo” to have it back."),
        ("move call to 3 December 2031", "“Call the bank” is due 3 December 2031."),
    ],
)
def test_the_answer_to_which_one_does_what_was_asked_for(chat, todos, said, answer):
    add(todos, "Call mum", "Call the bank")
    question = chat.say(said)
    number = next(line for line in question.splitlines() if "bank" in line)[0]
    assert chat.say(number) == answer
    assert due(todos, "Call mum") is None


def test_undo_takes_back_one_change_after_the_other(chat, todos):
    todos.post("/todos", json={"title": "Buy milk", "description": "two litres", "due_at": "2031-01-02T03:04:05Z"})
    chat.say("move buy milk to 3 December 2031")
    chat.say("complete buy milk")
    chat.say("delete buy milk")
    chat.say("add call mum")
    assert chat.say("undo") == "Taken back: “Call mum” is no longer on your list."
    assert titles(todos) == set()
    assert chat.say("Undo that") == "Taken back: “Buy milk” is on your list again."
    (back,) = todos.get("/todos").json()["items"]
    assert (back["description"], back["completed"]) == ("two litres", True)
    assert chat.say("undo") == "Taken back: “Buy milk” is as it was."
    assert titles(todos, completed=False) == {"Buy milk"}
    assert chat.say("take that back") == "Taken back: “Buy milk” is as it was."
    assert due(todos, "Buy milk") == dt.datetime(2031, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert chat.say("undo") == "There is nothing to undo in this conversation."


def test_undo_tells_the_page_what_has_changed(chat, todos):
    (changed,) = dict(chat.events("add buy milk"))["todos"]["changed"]
    assert dict(chat.events("undo"))["todos"]["changed"] == [changed]


def test_undo_reports_a_deleted_todo_and_undoes_older_changes(chat, todos):
    (milk,) = add(todos, "Buy milk")
    chat.say("complete buy milk")
    changed = dict(chat.events("add call mum"))["todos"]["changed"]
    todos.delete(f"/todos/{changed[0]}")
    assert chat.say("undo") == "That cannot be taken back: the todo is not there any more."
    assert chat.say("undo") == "Taken back: “Buy milk” is as it was."
    assert todos.get(f"/todos/{milk['id']}").json()["completed"] is False


def test_one_conversation_does_not_undo_anothers(chat, settings, user):
    chat.say("add buy milk")
    other = Chat(settings, user)
    assert other.say("undo") == "There is nothing to undo in this conversation."
    other.close()


@pytest.mark.parametrize(("error", "status"), [(BackendUnavailableError("x"), 503), (NotSignedInError("x"), 401)])
def test_undo_that_does_not_reach_the_todo_is_possible_later(chat, monkeypatch, error, status):
    chat.say("add buy milk")
    with monkeypatch.context() as patch:
        chat.fail_todos(patch, error)
        assert chat.events("undo")[-1][1]["status"] == status
    assert chat.say("undo") == "Taken back: “Buy milk” is no longer on your list."


def test_a_todo_that_is_deleted_meanwhile_is_reported(chat, todos, monkeypatch):
    add(todos, "Buy milk")

    async def gone(*_):
        return None

    monkeypatch.setattr(Todos, "get", gone)
    assert chat.say("complete buy milk") == "That todo is not there any more."


def test_a_refusal_of_the_backend_is_reported_in_its_words(chat, todos, monkeypatch):
    async def refuse(*_, **__):
        raise BackendRefusedError(422, "due_at: too far away")

    monkeypatch.setattr(Todos, "add", refuse)
    assert chat.say("add buy milk") == "That cannot be: due_at: too far away."
    assert uuid.UUID(chat.conversation)
