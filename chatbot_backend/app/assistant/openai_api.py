"""A language model behind an OpenAI-compatible HTTP API: OpenAI's own, DigitalOcean's, Ollama, vLLM and others."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

from openai import AsyncOpenAI, OpenAIError
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from app.assistant import AssistantError, AssistantTimeoutError, Turn
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
    """The model `model` at `base_url`; each call of it takes at most `seconds`."""

    def __init__(self, base_url: str, api_key: str | None, model: str, seconds: float) -> None:
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", timeout=seconds, max_retries=1)
        self._model = model
        self._seconds = seconds

    async def close(self) -> None:
        await self._client.close()

    async def answer(self, turns: Sequence[Turn], abilities: Abilities) -> AsyncGenerator[str]:
        messages: list[Any] = [{"role": "system", "content": SYSTEM}]
        messages += [{"role": turn.role, "content": turn.content} for turn in turns]
        for left in reversed(range(ROUNDS)):
            calls: dict[int, dict[str, str]] = {}
            async with aclosing(self._round(messages, calls, last=left == 0)) as pieces:
                async for piece in pieces:
                    yield piece
            if not calls:
                return
            messages.append(
                {"role": "assistant", "content": None, "tool_calls": [_asked(call) for call in calls.values()]}
            )
            for call in calls.values():
                result = await _result(call["name"], call["arguments"], abilities)
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})

    async def _chunks(self, messages: list[Any], tools: dict[str, Any]) -> AsyncGenerator[ChatCompletionChunk]:
        """What one call answers; its connection is closed with this, so that the model stops."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        async with asyncio.timeout_at(deadline):
            stream = await self._client.chat.completions.create(
                model=self._model, messages=messages, stream=True, **tools
            )
        async with stream:
            while True:
                async with asyncio.timeout_at(deadline):  # of each wait: whoever reads may take longer
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                yield chunk

    async def _round(
        self, messages: list[Any], calls: dict[int, dict[str, str]], *, last: bool
    ) -> AsyncGenerator[str]:
        """One answer of the model: its text as it comes, and the tools it asks for into `calls`."""
        tools: dict[str, Any] = {} if last else {"tools": TOOLS}
        try:
            async with aclosing(self._chunks(messages, tools)) as chunks:
                async for chunk in chunks:
                    if not chunk.choices:
                        continue
                    delta = chunk.choices[0].delta
                    _collect(delta.tool_calls or [], calls)
                    if delta.content:
                        yield delta.content
        except TimeoutError as error:
            raise AssistantTimeoutError("the language model takes too long") from error
        except OpenAIError as error:
            raise AssistantError(f"the language model does not answer ({type(error).__name__})") from error


def _collect(parts: Sequence[ChoiceDeltaToolCall], calls: dict[int, dict[str, str]]) -> None:
    """A call of a tool comes in parts: put them together."""
    for part in parts:
        call = calls.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
        call["id"] += part.id or ""
        if part.function:
            call["name"] += part.function.name or ""
            call["arguments"] += part.function.arguments or ""


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
