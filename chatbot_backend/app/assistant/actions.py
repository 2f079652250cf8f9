"""What the embedded assistant does when it has understood, and what it says then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.assistant import Turn
from app.assistant.abilities import Abilities
from app.assistant.dates import moment_of, period_of, spoken
from app.assistant.references import WHICH, meant
from app.backend import BackendRefusedError
from app.todos import Todo

SHOWN = 10  # todos a listing names before it says how many more there are
TITLE_LENGTH = 200  # the backend's limit
EVERYTHING = {"all", "everything", "them", "all of them", "both", "all done", "every one"}
HELP = (
    "I look after your todos. Try “add buy milk by friday”, “what is on my list?”, “what is due this week?”, “find "
    "anything about the dentist”, “move buy milk to monday”, “complete buy milk”, “delete buy milk”, “undo” or "
    "“summarise my todos”."
)


class NotOneTodoError(Exception):
    """What a person says means no todo, or several; the message is what is to be said of that."""


@dataclass(frozen=True)
class Request:
    """What a sentence asks for: about which todo or words, when, and after which turns."""

    subject: str
    when: str
    before: Sequence[Turn]
    abilities: Abilities
    choice: str = ""  # with which a person has answered “Which one do you mean?”

    async def one(self, *, completed: bool | None = False) -> Todo:
        """The todo that is meant.

        Raises:
            NotOneTodoError: that is none, or several.
        """
        found = await meant(self.choice or self.subject, self.before, self.abilities, completed=completed)
        if not found:
            state = {False: "open ", True: "done "}.get(completed, "") if completed is not None else ""
            raise NotOneTodoError(f"I find nothing {state}that is like “{self.choice or self.subject}”.")
        if len(found) > 1:
            raise NotOneTodoError(f"{WHICH}\n{self.format_list(found)}\nSay its number or its title.")
        return found[0]

    def format_list(self, todos: Sequence[Todo]) -> str:
        return "\n".join(f"{at}. {todo.title}{self._state(todo)}" for at, todo in enumerate(todos, 1))

    def _state(self, todo: Todo) -> str:
        if todo.completed:
            return " (done)"
        return f" (due {self.spoken(todo.due_at)})" if todo.due_at else ""

    def format_page(self, todos: Sequence[Todo], total: int, state: str) -> str:
        more = f"\nand {total - SHOWN} more." if total > SHOWN else ""
        return f"You have {count(total)} {state}:\n{self.format_list(todos[:SHOWN])}{more}"

    def spoken(self, moment: dt.datetime) -> str:
        return spoken(moment, self.abilities.zone)


def count(number: int) -> str:
    return f"{number} todo" + ("" if number == 1 else "s")


async def add(request: Request) -> str:
    title = request.subject
    if not title:
        return "What shall I add? Say for example “add buy milk”."
    if len(title) > TITLE_LENGTH:
        return f"That is longer than a title may be ({TITLE_LENGTH} letters). Say it in fewer words."
    due_at = moment_of(request.when, request.abilities.now()) if request.when else None
    if request.when and due_at is None:
        return no_date(request.when)
    todo = await request.abilities.add(title[0].upper() + title[1:], due_at)
    return f"Added “{todo.title}”" + (f", due {request.spoken(todo.due_at)}." if todo.due_at else ".")


async def list_open(request: Request) -> str:
    found, total = await request.abilities.listing()
    return request.format_page(found, total, "open") if found else "There is nothing open on your list."


async def list_done(request: Request) -> str:
    found, total = await request.abilities.listing(completed=True)
    return request.format_page(found, total, "done") if found else "Nothing is done yet."


async def list_due(request: Request) -> str:
    if not request.when:
        found = await request.abilities.due(None, dt.datetime.max.replace(tzinfo=dt.UTC))
        return request.format_page(found, len(found), "with a date") if found else "Nothing has a date."
    period = period_of(request.when, request.abilities.now())
    if period is None:
        return no_date(request.when)
    found = await request.abilities.due(*period)
    return (
        request.format_page(found, len(found), f"due {request.when}") if found else f"Nothing is due {request.when}."
    )


async def list_overdue(request: Request) -> str:
    found = await request.abilities.due(None, request.abilities.now())
    return request.format_page(found, len(found), "overdue") if found else "Nothing is overdue."


async def search(request: Request) -> str:
    found = await request.abilities.search(request.subject)
    if not found:
        return f"I find nothing about “{request.subject}”."
    return f"I found {count(len(found))}:\n{request.format_list(found)}"


async def complete(request: Request) -> str:
    if not request.subject:
        return "Which one is done? Say for example “complete buy milk”."
    todo = await request.one()
    await request.abilities.complete(todo.id)
    return f"Done: “{todo.title}”."


async def reopen(request: Request) -> str:
    todo = await request.one(completed=True)
    await request.abilities.reopen(todo.id)
    return f"Open again: “{todo.title}”."


async def delete(request: Request) -> str:
    if not request.subject:
        return "Which one shall I delete? Say for example “delete buy milk”."
    if request.subject.casefold() in EVERYTHING:
        return "I delete one todo at a time. Which one?"
    todo = await request.one(completed=None)
    await request.abilities.delete(todo.id)
    return f"Deleted “{todo.title}”. Say “undo” to have it back."


async def set_due(request: Request) -> str:
    if not request.when:
        return f"To when? Say for example “move {request.subject} to friday”."
    due_at = moment_of(request.when, request.abilities.now())
    if due_at is None:
        return no_date(request.when)
    todo = await request.one()
    await request.abilities.set_due(todo.id, due_at)
    return f"“{todo.title}” is due {request.spoken(due_at)}."


async def clear_due(request: Request) -> str:
    todo = await request.one()
    await request.abilities.set_due(todo.id, None)
    return f"“{todo.title}” has no date any more."


async def undo(request: Request) -> str:
    try:
        change = await request.abilities.undo()
    except BackendRefusedError as error:
        return f"That cannot be taken back: {'the todo is not there any more' if error.is_missing else error}."
    if change is None:
        return "There is nothing to undo in this conversation."
    now = {"added": "is no longer on your list", "deleted": "is on your list again"}.get(change.kind, "is as it was")
    return f"Taken back: “{change.title}” {now}."


async def summarise(request: Request) -> str:
    summary = await request.abilities.summary()
    if not summary.open and not summary.done:
        return "Your list is empty."
    text = f"{count(summary.open)} open, {summary.done} done."
    if summary.overdue:
        text += f" {summary.overdue} overdue."
    if summary.next_due:
        text += f" Next to do:\n{request.format_list(summary.next_due)}"
    return text


async def give_help(_: Request) -> str:
    return HELP


def no_date(said: str) -> str:
    return f"I do not know when “{said}” is. Say for example “friday”, “3 December” or “in two weeks”."
