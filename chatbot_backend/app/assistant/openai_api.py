"""A language model behind an OpenAI-compatible HTTP API: OpenAI's own, DigitalOcean's, Ollama, vLLM and others."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from openai import AsyncOpenAI, OpenAIError

from app.assistant import AssistantError, Turn
from app.assistant.abilities import Abilities
from app.todos import Todo

ROUNDS = 6  # of asking for tools before the model has to answer; more is a model that goes round in circles
SYSTEM = (
    "You look after the user's todo list. Use the tools to read and change it; never invent todos. "
    "Find a todo's id with a tool before you complete it, and ask when several could be meant. "
    "Answer in short plain text."
)
Parameters = dict[str, dict[str, str]]


def _tool(name: str, description: str, **parameters: str) -> dict[str, Any]:
    properties: Parameters = {key: {"type": "string", "description": text} for key, text in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters), "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


TOOLS = [
    _tool("add_todo", "Add a todo.", title="What is to be done, at most 200 letters."),
    _tool("list_todos", "The open todos."),
    _tool("list_done_todos", "The todos that are done."),
    _tool("search_todos", "The todos nearest in meaning to a query.", query="What to look for."),
    _tool("complete_todo", "Mark a todo as done.", id="The todo's id."),
    _tool("summarise_todos", "How many todos are open, done and overdue, and what is due next."),
]


class OpenAiAssistant:
    """The model `model` at `base_url`."""

    def __init__(self, base_url: str, api_key: str | None, model: str) -> None:
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", timeout=60, max_retries=1)
        self._model = model

    async def close(self) -> None:
        await self._client.close()

    async def answer(self, turns: Sequence[Turn], abilities: Abilities) -> AsyncIterator[str]:
        messages: list[Any] = [{"role": "system", "content": SYSTEM}]
        messages += [{"role": turn.role, "content": turn.content} for turn in turns]
        for left in reversed(range(ROUNDS)):
            calls: dict[int, dict[str, str]] = {}
            async for piece in self._round(messages, calls, last=left == 0):
                yield piece
            if not calls:
                return
            messages.append(
                {"role": "assistant", "content": None, "tool_calls": [_asked(call) for call in calls.values()]}
            )
            for call in calls.values():
                result = await _result(call["name"], call["arguments"], abilities)
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})

    async def _round(
        self, messages: list[Any], calls: dict[int, dict[str, str]], *, last: bool
    ) -> AsyncIterator[str]:
        """One answer of the model: its text as it comes, and the tools it asks for into `calls`."""
        tools: dict[str, Any] = {} if last else {"tools": TOOLS}
        try:
            stream = await self._client.chat.completions.create(
                model=self._model, messages=messages, stream=True, **tools
            )
            async for chunk in stream:
                delta = chunk.choices[0].delta if chunk.choices else None
                if delta is None:
                    continue
                if delta.content:
                    yield delta.content
                for part in delta.tool_calls or []:
                    call = calls.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
                    call["id"] += part.id or ""
                    if part.function:
                        call["name"] += part.function.name or ""
                        call["arguments"] += part.function.arguments or ""
        except OpenAIError as error:
            raise AssistantError(f"the language model does not answer ({type(error).__name__})") from error


def _asked(call: dict[str, str]) -> dict[str, Any]:
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": call["arguments"]},
    }


async def _result(name: str, arguments: str, abilities: Abilities) -> str:
    """What a tool says to the model; its mistakes are told to it, so that it can mend them."""

    async def complete(given: dict[str, str]) -> Any:
        return _shown(await abilities.complete(uuid.UUID(given["id"])))

    async def add(given: dict[str, str]) -> Any:
        return _shown(await abilities.add(given["title"]))

    async def search(given: dict[str, str]) -> Any:
        return [_shown(todo) for todo in await abilities.search(given["query"])]

    async def listing(completed: bool) -> Any:
        found, total = await abilities.listing(completed=completed)
        return {"total": total, "todos": [_shown(todo) for todo in found]}

    async def summary(_: dict[str, str]) -> Any:
        found = await abilities.summary()
        return {
            "open": found.open,
            "done": found.done,
            "overdue": found.overdue,
            "next_due": [_shown(todo) for todo in found.next_due],
        }

    tools: dict[str, Callable[[dict[str, str]], Awaitable[Any]]] = {
        "add_todo": add,
        "list_todos": lambda _: listing(completed=False),
        "list_done_todos": lambda _: listing(completed=True),
        "search_todos": search,
        "complete_todo": complete,
        "summarise_todos": summary,
    }
    try:
        return json.dumps(await tools[name](json.loads(arguments or "{}")))
    except (KeyError, TypeError, ValueError) as error:
        return json.dumps({"error": f"{name}({arguments}): {error!r}"})


def _shown(todo: Todo) -> dict[str, Any]:
    return todo.model_dump(mode="json", exclude={"updated_at"})
