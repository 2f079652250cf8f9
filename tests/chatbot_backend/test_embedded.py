"""What the embedded assistant understands, against real todos."""

from __future__ import annotations

import datetime as dt

import pytest


def add(todos, *titles, **more):
    return [todos.post("/todos", json={"title": title, **more}).json() for title in titles]


def titles(todos, **query):
    return {item["title"] for item in todos.get("/todos", params=query).json()["items"]}


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("add buy milk", "Buy milk"),
        ("Please add a todo to buy milk", "Buy milk"),
        ("add task: buy milk", "Buy milk"),
        ("add “buy milk” to my list", "Buy milk"),
        ("remind me to call mum", "Call mum"),
        ("could you create a new task called call mum?", "Call mum"),
        ("note down pick up the parcel", "Pick up the parcel"),
        ("remember to add salt", "Add salt"),
        ("ADD Zürich trip 🎒", "Zürich trip 🎒"),
    ],
)
def test_a_todo_is_added_as_it_was_said(chat, todos, said, title):
    assert chat.say(said) == f"Added “{title}”."
    assert titles(todos) == {title}


@pytest.mark.parametrize(
    "said",
    ["what is on my list?", "list", "show me my todos", "What's left to do?", "my tasks", "what do I have to do"],
)
def test_open_todos_are_listed_and_done_ones_are_not(chat, todos, said):
    add(todos, "Buy milk", "Call mum")
    add(todos, "Old thing", completed=True)
    answer = chat.say(said)
    assert answer.startswith("You have 2 todos open:\n1. ")
    assert "Old thing" not in answer


@pytest.mark.parametrize("said", ["what's done?", "show completed todos", "what have I done", "list finished tasks"])
def test_done_todos_are_listed_when_asked_for(chat, todos, said):
    add(todos, "Buy milk")
    add(todos, "Old thing", completed=True)
    assert chat.say(said) == "You have 1 todo done:\n1. Old thing (done)"


@pytest.mark.parametrize(
    "said",
    ["find anything about dentists", "search for dentist", "do I have something about the dentist?", "what do I have for the dentist"],
)  # fmt: skip
def test_todos_are_found_by_what_they_are_about(chat, todos, said):
    add(todos, "Book the dentist", "Buy milk", "Write the report")
    assert chat.say(said) == "I found 1 todo:\n1. Book the dentist"


@pytest.mark.parametrize(
    "said",
    ["complete buy milk", "Mark “buy milk” as done", "I bought milk is done", "i have finished buy milk", "check off the milk", "done with milk"],
)  # fmt: skip
def test_a_todo_is_completed_by_its_title_or_a_part_of_it(chat, todos, said):
    add(todos, "Buy milk", "Call mum")
    assert chat.say(said) == "Done: “Buy milk”."
    assert titles(todos, completed=True) == {"Buy milk"}


def test_when_several_could_be_meant_it_asks_and_takes_a_number(chat, todos):
    add(todos, "Call mum", "Call the bank", "Buy milk")
    answer = chat.say("complete call")
    assert answer.startswith("Which one do you mean?")
    number = next(line for line in answer.splitlines() if "bank" in line)[0]
    assert chat.say(f"complete number {number}") == "Done: “Call the bank”."
    assert titles(todos, completed=True) == {"Call the bank"}


def test_a_bare_number_or_title_answers_its_question(chat, todos):
    add(todos, "Call mum", "Call the bank", "Call the plumber")
    answer = chat.say("complete call")
    number = next(line for line in answer.splitlines() if "bank" in line)[0]
    assert chat.say(number) == "Done: “Call the bank”."
    chat.say("complete call")
    assert chat.say("list").startswith("You have 2 todos open")  # another command is still one
    chat.say("complete call")
    assert chat.say("call mum") == "Done: “Call mum”."


def test_of_two_with_one_title_the_number_chooses(chat, todos):
    first, second = add(todos, "Buy milk", "Buy milk")
    answer = chat.say("complete buy milk")
    assert answer == "Which one do you mean?\n1. Buy milk\n2. Buy milk\nSay its number or its title."
    assert chat.say("complete 2") == "Done: “Buy milk”."
    assert todos.get(f"/todos/{first['id']}").json()["completed"] is True  # the list is newest first
    assert todos.get(f"/todos/{second['id']}").json()["completed"] is False


@pytest.mark.parametrize("said", ["Did I buy milk?", "What is done?", "Is buy milk done?", "Which one is finished?"])
def test_a_question_completes_nothing(chat, todos, said):
    add(todos, "Buy milk", "What is done")
    chat.say(said)
    assert titles(todos, completed=True) == set()


def test_a_title_may_read_like_another_command(chat, todos):
    assert chat.say("add check the build is done") == "Added “Check the build is done”."
    assert chat.say("remind me to mark the exams as done") == "Added “Mark the exams as done”."


def test_it_means_the_todo_named_last(chat, todos):
    chat.say("add buy milk")
    assert chat.say("mark it as done") == "Done: “Buy milk”."


def test_what_is_not_there_cannot_be_completed(chat, todos):
    add(todos, "Buy milk")
    assert chat.say("complete the pyramid") == "I find nothing open that is like “the pyramid”."
    assert titles(todos, completed=True) == set()


def test_a_summary_counts_and_names_what_is_due_next(chat, todos):
    now = dt.datetime.now(dt.UTC)
    add(todos, "Someday")
    add(todos, "Late", due_at=(now - dt.timedelta(days=1)).isoformat())
    add(todos, "Soon", due_at=(now + dt.timedelta(days=1)).isoformat())
    add(todos, "Old", completed=True)
    answer = chat.say("summarise my todos")
    assert answer.startswith("3 todos open, 1 done. 1 overdue. Next to do:\n1. Late (due ")
    assert answer.index("Late") < answer.index("Soon")


def test_an_empty_list_is_reported(chat):
    assert chat.say("list my todos") == "There is nothing open on your list."
    assert chat.say("how am I doing?") == "Your list is empty."


def test_what_it_does_not_understand_it_says_with_what_comes_nearest(chat, todos):
    add(todos, "Book the dentist")
    assert chat.say("the dentist hurts") == "I am not sure what you ask. These come nearest:\n1. Book the dentist"
    assert chat.say("make me a sandwich").startswith("I look after your todos.")


def test_a_title_too_long_for_the_backend_is_not_sent(chat, todos):
    assert "longer than a title may be (200 letters)" in chat.say("add " + "x" * 201)
    assert titles(todos) == set()


def test_a_long_list_is_cut_and_says_so(chat, todos):
    add(todos, *(f"Number {number}" for number in range(12)))
    assert chat.say("list my todos").endswith("\nand 2 more.")
