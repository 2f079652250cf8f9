"""The tools that a language model can call, and their results."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from app.assistant.todo_tools import TodoTools
from app.backend import BackendRefusedError
from app.todos import Todo

Arguments = dict[str, str]
Call = Callable[[TodoTools, Arguments], Awaitable[Any]]


async def call(name: str, arguments: str, todo_tools: TodoTools) -> str:
    """Call a tool; returns its result for the model, or what was wrong with the call, so that it can correct it.

    Raises:
        BackendUnavailableError: the backend does not answer.
        NotSignedInError: the user's session has ended.
    """
    try:
        return json.dumps(await CALLS[name](todo_tools, json.loads(arguments or "{}")))
    except (KeyError, TypeError, ValueError, OverflowError, BackendRefusedError) as error:
        return json.dumps({"error": f"{name}({arguments}): {error!r}"})


async def _add(todo_tools: TodoTools, arguments: Arguments) -> Any:
    return _serialize(
        await todo_tools.add(arguments["title"], _parse_moment(arguments.get("due_at", ""), todo_tools))
    )


async def _set_due(todo_tools: TodoTools, arguments: Arguments) -> Any:
    return _serialize(
        await todo_tools.set_due(uuid.UUID(arguments["id"]), _parse_moment(arguments["due_at"], todo_tools))
    )


async def _complete(todo_tools: TodoTools, arguments: Arguments) -> Any:
    return _serialize(await todo_tools.complete(uuid.UUID(arguments["id"])))


async def _reopen(todo_tools: TodoTools, arguments: Arguments) -> Any:
    return _serialize(await todo_tools.reopen(uuid.UUID(arguments["id"])))


async def _delete(todo_tools: TodoTools, arguments: Arguments) -> Any:
    return {"deleted": _serialize(await todo_tools.delete(uuid.UUID(arguments["id"])))}


async def _undo(todo_tools: TodoTools, _: Arguments) -> Any:
    change = await todo_tools.undo()
    return None if change is None else {"taken_back": change.kind, "title": change.title}


async def _search(todo_tools: TodoTools, arguments: Arguments) -> Any:
    return [_serialize(todo) for todo in await todo_tools.search(arguments["query"])]


async def _list_open(todo_tools: TodoTools, _: Arguments) -> Any:
    return _serialize_page(*await todo_tools.list_todos())


async def _list_done(todo_tools: TodoTools, _: Arguments) -> Any:
    return _serialize_page(*await todo_tools.list_todos(completed=True))


async def _list_due(todo_tools: TodoTools, arguments: Arguments) -> Any:
    end = _parse_moment(arguments["before"], todo_tools)
    if end is None:
        raise ValueError("before is empty")
    return [_serialize(todo) for todo in await todo_tools.list_due(_parse_moment(arguments["from"], todo_tools), end)]


async def _summarise(todo_tools: TodoTools, _: Arguments) -> Any:
    summary = await todo_tools.summarise()
    next_due = [_serialize(todo) for todo in summary.next_due]
    return {"open": summary.open, "done": summary.done, "overdue": summary.overdue, "next_due": next_due}


def _serialize_page(todos: list[Todo], total: int) -> Any:
    return {"total": total, "todos": [_serialize(todo) for todo in todos]}


def _parse_moment(text: str, todo_tools: TodoTools) -> dt.datetime | None:
    if not text:
        return None
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=todo_tools.zone)


def _serialize(todo: Todo) -> dict[str, Any]:
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
