"""A language model behind an OpenAI-compatible HTTP API: OpenAI's own, DigitalOcean's, Ollama, vLLM and others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from openai import AsyncOpenAI, OpenAIError
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from app.assistant import AssistantError, AssistantTimeoutError, Turn, tools
from app.assistant.todo_tools import TodoTools

ROUNDS = 6  # calls of the model with tools before it has to answer, in case it calls them in circles
SYSTEM = (
    "You look after the user's todo list. Use the tools to read and change it; never invent todos. "
    "Find a todo's id with a tool before you change it, and ask when several could be meant. "
    "Answer in short plain text."
)


class OpenAiAssistant:
    """Answers by the model `model` at `base_url`; each call of it takes at most `seconds`."""

    def __init__(self, base_url: str, api_key: str | None, model: str, seconds: float) -> None:
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", timeout=seconds, max_retries=1)
        self._model = model
        self._seconds = seconds

    async def close(self) -> None:
        await self._client.close()

    async def answer(self, turns: Sequence[Turn], todo_tools: TodoTools) -> AsyncGenerator[str]:
        now = f"It is {todo_tools.now():%A, %Y-%m-%d %H:%M} in the user's time zone, {todo_tools.zone}."
        messages: list[Any] = [{"role": "system", "content": f"{SYSTEM} {now}"}]
        messages += [{"role": turn.role, "content": turn.content} for turn in turns]
        for rounds_left in reversed(range(ROUNDS)):
            calls: dict[int, dict[str, str]] = {}
            async with aclosing(self._run_round(messages, calls, last=rounds_left == 0)) as pieces:
                async for piece in pieces:
                    yield piece
            if not calls:
                return
            messages.append(
                {"role": "assistant", "content": None, "tool_calls": [_format_call(call) for call in calls.values()]}
            )
            for call in calls.values():
                result = await tools.call(call["name"], call["arguments"], todo_tools)
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})

    async def _read_chunks(self, messages: list[Any], options: dict[str, Any]) -> AsyncGenerator[ChatCompletionChunk]:
        """Stream the answer of one call; closing this generator closes the connection, so that the model stops."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        async with asyncio.timeout_at(deadline):
            stream = await self._client.chat.completions.create(
                model=self._model, messages=messages, stream=True, **options
            )
        async with stream:
            while True:
                async with asyncio.timeout_at(deadline):  # for each wait only: the reader may take longer
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                yield chunk

    async def _run_round(
        self, messages: list[Any], calls: dict[int, dict[str, str]], *, last: bool
    ) -> AsyncGenerator[str]:
        """Stream the text of one answer of the model, and collect its tool calls in `calls`."""
        options: dict[str, Any] = {} if last else {"tools": tools.TOOLS}
        try:
            async with aclosing(self._read_chunks(messages, options)) as chunks:
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
    """Join the parts of tool calls."""
    for part in parts:
        call = calls.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
        call["id"] += part.id or ""
        if part.function:
            call["name"] += part.function.name or ""
            call["arguments"] += part.function.arguments or ""


def _format_call(call: dict[str, str]) -> dict[str, Any]:
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": call["arguments"]},
    }
