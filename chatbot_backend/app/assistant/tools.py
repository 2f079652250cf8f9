"""The tools that a language model is offered, and what each answers it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from app.assistant.abilities import Abilities
from app.backend import BackendRefusedError
from app.todos import Todo

Given = dict[str, str]
Call = Callable[[Abilities, Given], Awaitable[Any]]


async def call(name: str, arguments: str, abilities: Abilities) -> str:
    """What a tool says to the model; its mistakes are reported to it, so that it can correct them.

    Raises:
        BackendUnavailableError: the backend does not answer.
        NotSignedInError: the user's session has ended.
    """
    try:
        return json.dumps(await CALLS[name](abilities, json.loads(arguments or "{}")))
    except (KeyError, TypeError, ValueError, OverflowError, BackendRefusedError) as error:
        return json.dumps({"error": f"{name}({arguments}): {error!r}"})


async def _add(abilities: Abilities, given: Given) -> Any:
    return _shown(await abilities.add(given["title"], _moment(given.get("due_at", ""), abilities)))


async def _set_due(abilities: Abilities, given: Given) -> Any:
    return _shown(await abilities.set_due(uuid.UUID(given["id"]), _moment(given["due_at"], abilities)))


async def _complete(abilities: Abilities, given: Given) -> Any:
    return _shown(await abilities.complete(uuid.UUID(given["id"])))


async def _reopen(abilities: Abilities, given: Given) -> Any:
    return _shown(await abilities.reopen(uuid.UUID(given["id"])))


async def _delete(abilities: Abilities, given: Given) -> Any:
    return {"deleted": _shown(await abilities.delete(uuid.UUID(given["id"])))}


async def _undo(abilities: Abilities, _: Given) -> Any:
    change = await abilities.undo()
    return None if change is None else {"taken_back": change.kind, "title": change.title}


async def _search(abilities: Abilities, given: Given) -> Any:
    return [_shown(todo) for todo in await abilities.search(given["query"])]


async def _list_open(abilities: Abilities, _: Given) -> Any:
    return _page(*await abilities.listing())


async def _list_done(abilities: Abilities, _: Given) -> Any:
    return _page(*await abilities.listing(completed=True))


async def _list_due(abilities: Abilities, given: Given) -> Any:
    end = _moment(given["before"], abilities)
    if end is None:
        raise ValueError("before is empty")
    return [_shown(todo) for todo in await abilities.due(_moment(given["from"], abilities), end)]


async def _summarise(abilities: Abilities, _: Given) -> Any:
    found = await abilities.summary()
    next_due = [_shown(todo) for todo in found.next_due]
    return {"open": found.open, "done": found.done, "overdue": found.overdue, "next_due": next_due}


def _page(found: list[Todo], total: int) -> Any:
    return {"total": total, "todos": [_shown(todo) for todo in found]}


def _moment(text: str, abilities: Abilities) -> dt.datetime | None:
    if not text:
        return None
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=abilities.zone)


def _shown(todo: Todo) -> dict[str, Any]:
    return todo.model_dump(mode="json", exclude={"updated_at"})


def _tool(name: str, description: str, **parameters: str) -> dict[str, Any]:
    properties = {key.rstrip("_"): {"type": "string", "description": text} for key, text in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


MOMENT = "ISO 8601, in the user's time zone if it names none; empty for none."
TOOLS = [
    _tool(
        "add_todo",
        "Add a todo.",
        title="What is to be done, at most 200 letters.",
        due_at=f"When it is due. {MOMENT}",
    ),
    _tool("list_todos", "The open todos."),
    _tool("list_done_todos", "The todos that are done."),
    _tool(
        "list_due_todos", "The open todos that are due in a time.", from_=f"Its start. {MOMENT}", before="Its end."
    ),
    _tool("search_todos", "The todos nearest in meaning to a query.", query="What to look for."),
    _tool("complete_todo", "Mark a todo as done.", id="The todo's id."),
    _tool("reopen_todo", "Mark a todo as not done.", id="The todo's id."),
    _tool("set_due_date", "Set when a todo is due.", id="The todo's id.", due_at=MOMENT),
    _tool("delete_todo", "Delete a todo, when the user asks for that.", id="The todo's id."),
    _tool("undo", "Take the last change that this conversation has made back."),
    _tool("summarise_todos", "How many todos are open, done and overdue, and what is due next."),
]
CALLS: dict[str, Call] = {
    "add_todo": _add,
    "list_todos": _list_open,
    "list_done_todos": _list_done,
    "list_due_todos": _list_due,
    "search_todos": _search,
    "complete_todo": _complete,
    "reopen_todo": _reopen,
    "set_due_date": _set_due,
    "delete_todo": _delete,
    "undo": _undo,
    "summarise_todos": _summarise,
}
