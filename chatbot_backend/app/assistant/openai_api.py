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
from app.assistant.abilities import Abilities

ROUNDS = 6  # of asking for tools before the model has to answer; more is a model that goes round in circles
SYSTEM = (
    "You look after the user's todo list. Use the tools to read and change it; never invent todos. "
    "Find a todo's id with a tool before you change it, and ask when several could be meant. "
    "Answer in short plain text."
)


class OpenAiAssistant:
    """The model `model` at `base_url`; each call of it takes at most `seconds`."""

    def __init__(self, base_url: str, api_key: str | None, model: str, seconds: float) -> None:
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", timeout=seconds, max_retries=1)
        self._model = model
        self._seconds = seconds

    async def close(self) -> None:
        await self._client.close()

    async def answer(self, turns: Sequence[Turn], abilities: Abilities) -> AsyncGenerator[str]:
        now = f"It is {abilities.now():%A, %Y-%m-%d %H:%M} in the user's time zone, {abilities.zone}."
        messages: list[Any] = [{"role": "system", "content": f"{SYSTEM} {now}"}]
        messages += [{"role": turn.role, "content": turn.content} for turn in turns]
        for left in reversed(range(ROUNDS)):
            calls: dict[int, dict[str, str]] = {}
            async with aclosing(self._round(messages, calls, last=left == 0)) as pieces:
                async for piece in pieces:
                    yield piece
            if not calls:
                return
            messages.append(
                {"role": "assistant", "content": None, "tool_calls": [_tool_call(call) for call in calls.values()]}
            )
            for call in calls.values():
                result = await tools.call(call["name"], call["arguments"], abilities)
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})

    async def _chunks(self, messages: list[Any], options: dict[str, Any]) -> AsyncGenerator[ChatCompletionChunk]:
        """What one call answers; its connection is closed with this, so that the model stops."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        async with asyncio.timeout_at(deadline):
            stream = await self._client.chat.completions.create(
                model=self._model, messages=messages, stream=True, **options
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
        options: dict[str, Any] = {} if last else {"tools": tools.TOOLS}
        try:
            async with aclosing(self._chunks(messages, options)) as chunks:
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


def _tool_call(call: dict[str, str]) -> dict[str, Any]:
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": call["arguments"]},
    }
