"""The actions of the embedded assistant, and its answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.assistant import Turn
from app.assistant.dates import format_moment, parse_moment, parse_period
from app.assistant.references import WHICH, find_referenced
from app.assistant.todo_tools import TodoTools
from app.backend import BackendRefusedError
from app.todos import Todo

SHOWN = 10  # todos that a list has before it says how many more there are
TITLE_LENGTH = 200  # the backend's limit
EVERYTHING = {"all", "everything", "them", "all of them", "both", "all done", "every one"}
HELP = (
    "I look after your todos. Try “add buy milk by friday”, “what is on my list?”, “what is due this week?”, “find "
    "anything about the dentist”, “move buy milk to monday”, “complete buy milk”, “delete buy milk”, “undo” or "
    "“summarise my todos”."
)


class NotOneTodoError(Exception):
    """The user's words match no todo, or several; the message is the answer."""


@dataclass(frozen=True)
class Request:
    """The parameters of an action: a todo or search words, a date, and the conversation before."""

    subject: str
    when: str
    earlier_turns: Sequence[Turn]
    todo_tools: TodoTools
    choice: str = ""  # the user's answer to “Which one do you mean?”

    async def find_one(self, *, completed: bool | None = False) -> Todo:
        """Find the todo that the user means.

        Raises:
            NotOneTodoError: there is none, or there are several.
        """
        todos = await find_referenced(
            self.choice or self.subject, self.earlier_turns, self.todo_tools, completed=completed
        )
        if not todos:
            state = {False: "open ", True: "done "}.get(completed, "") if completed is not None else ""
            raise NotOneTodoError(f"I find nothing {state}that is like “{self.choice or self.subject}”.")
        if len(todos) > 1:
            raise NotOneTodoError(f"{WHICH}\n{self.format_list(todos)}\nSay its number or its title.")
        return todos[0]

    def format_list(self, todos: Sequence[Todo]) -> str:
        return "\n".join(f"{number}. {todo.title}{self._format_state(todo)}" for number, todo in enumerate(todos, 1))

    def _format_state(self, todo: Todo) -> str:
        if todo.completed:
            return " (done)"
        return f" (due {self.format_moment(todo.due_at)})" if todo.due_at else ""

    def format_page(self, todos: Sequence[Todo], total: int, state: str) -> str:
        more = f"\nand {total - SHOWN} more." if total > SHOWN else ""
        return f"You have {format_count(total)} {state}:\n{self.format_list(todos[:SHOWN])}{more}"

    def format_moment(self, moment: dt.datetime) -> str:
        return format_moment(moment, self.todo_tools.zone)


def format_count(number: int) -> str:
    return f"{number} todo" + ("" if number == 1 else "s")


async def add(request: Request) -> str:
    title = request.subject
    if not title:
        return "What shall I add? Say for example “add buy milk”."
    if len(title) > TITLE_LENGTH:
        return f"That is longer than a title may be ({TITLE_LENGTH} letters). Say it in fewer words."
    due_at = parse_moment(request.when, request.todo_tools.now()) if request.when else None
    if request.when and due_at is None:
        return explain_unknown_date(request.when)
    todo = await request.todo_tools.add(title[0].upper() + title[1:], due_at)
    return f"Added “{todo.title}”" + (f", due {request.format_moment(todo.due_at)}." if todo.due_at else ".")


async def list_open(request: Request) -> str:
    todos, total = await request.todo_tools.list_todos()
    return request.format_page(todos, total, "open") if todos else "There is nothing open on your list."


async def list_done(request: Request) -> str:
    todos, total = await request.todo_tools.list_todos(completed=True)
    return request.format_page(todos, total, "done") if todos else "Nothing is done yet."


async def list_due(request: Request) -> str:
    if not request.when:
        todos = await request.todo_tools.list_due(None, dt.datetime.max.replace(tzinfo=dt.UTC))
        return request.format_page(todos, len(todos), "with a date") if todos else "Nothing has a date."
    period = parse_period(request.when, request.todo_tools.now())
    if period is None:
        return explain_unknown_date(request.when)
    todos = await request.todo_tools.list_due(*period)
    return (
        request.format_page(todos, len(todos), f"due {request.when}") if todos else f"Nothing is due {request.when}."
    )


async def list_overdue(request: Request) -> str:
    todos = await request.todo_tools.list_due(None, request.todo_tools.now())
    return request.format_page(todos, len(todos), "overdue") if todos else "Nothing is overdue."


async def search(request: Request) -> str:
    todos = await request.todo_tools.search(request.subject)
    if not todos:
        return f"I find nothing about “{request.subject}”."
    return f"I found {format_count(len(todos))}:\n{request.format_list(todos)}"


async def complete(request: Request) -> str:
    if not request.subject:
        return "Which one is done? Say for example “complete buy milk”."
    todo = await request.find_one()
    await request.todo_tools.complete(todo.id)
    return f"Done: “{todo.title}”."


async def reopen(request: Request) -> str:
    todo = await request.find_one(completed=True)
    await request.todo_tools.reopen(todo.id)
    return f"Open again: “{todo.title}”."


async def delete(request: Request) -> str:
    if not request.subject:
        return "Which one shall I delete? Say for example “delete buy milk”."
    if request.subject.casefold() in EVERYTHING:
        return "I delete one todo at a time. Which one?"
    todo = await request.find_one(completed=None)
    await request.todo_tools.delete(todo.id)
    return f"Deleted “{todo.title}”. Say “undo” to have it back."


async def set_due(request: Request) -> str:
    if not request.when:
        return f"To when? Say for example “move {request.subject} to friday”."
    due_at = parse_moment(request.when, request.todo_tools.now())
    if due_at is None:
        return explain_unknown_date(request.when)
    todo = await request.find_one()
    await request.todo_tools.set_due(todo.id, due_at)
    return f"“{todo.title}” is due {request.format_moment(due_at)}."


async def clear_due(request: Request) -> str:
    todo = await request.find_one()
    await request.todo_tools.set_due(todo.id, None)
    return f"“{todo.title}” has no date any more."


async def undo(request: Request) -> str:
    try:
        change = await request.todo_tools.undo()
    except BackendRefusedError as error:
        return f"That cannot be taken back: {'the todo is not there any more' if error.is_missing else error}."
    if change is None:
        return "There is nothing to undo in this conversation."
    outcome = {"added": "is no longer on your list", "deleted": "is on your list again"}.get(
        change.kind, "is as it was"
    )
    return f"Taken back: “{change.title}” {outcome}."


async def summarise(request: Request) -> str:
    summary = await request.todo_tools.summarise()
    if not summary.open and not summary.done:
        return "Your list is empty."
    text = f"{format_count(summary.open)} open, {summary.done} done."
    if summary.overdue:
        text += f" {summary.overdue} overdue."
    if summary.next_due:
        text += f" Next to do:\n{request.format_list(summary.next_due)}"
    return text


async def give_help(_: Request) -> str:
    return HELP


def explain_unknown_date(phrase: str) -> str:
    return f"I do not know when “{phrase}” is. Say for example “friday”, “3 December” or “in two weeks”."
