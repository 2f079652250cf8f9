"""The embedded assistant, which has rules instead of a language model.

It needs no network and no key. It understands English commands and questions, see `app.assistant.sentences`; to
anything else it answers with the todos that are nearest in meaning.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence

from app.assistant import Turn
from app.assistant.actions import HELP, NotOneTodoError, Request
from app.assistant.references import NUMBER, find_offers
from app.assistant.sentences import understand
from app.assistant.todo_tools import TodoTools
from app.backend import BackendRefusedError

MAX_LENGTH = 500  # letters of a sentence: matching a longer one takes too long, and no command needs more
PIECE = re.compile(r"\S+\s*|\s+")


class EmbeddedAssistant:
    """Answers by rules: see the module."""

    async def answer(self, turns: Sequence[Turn], todo_tools: TodoTools) -> AsyncGenerator[str]:
        try:
            text = await _answer(turns, todo_tools)
        except NotOneTodoError as error:
            text = str(error)
        except BackendRefusedError as error:
            text = "That todo is not there any more." if error.is_missing else f"That cannot be: {error}."
        for piece in PIECE.findall(text):
            yield piece

    async def close(self) -> None:
        """Do nothing, as it has no connections."""


async def _answer(turns: Sequence[Turn], todo_tools: TodoTools) -> str:
    text, earlier_turns, choice = _normalize(turns[-1]), turns[:-1], ""
    titles = find_offers(earlier_turns)
    if titles and (NUMBER.fullmatch(text) or text.casefold() in titles):
        # The text answers “Which one do you mean?”: the command is the user's turn before it.
        choice = text
        text = next((_normalize(turn) for turn in reversed(earlier_turns) if turn.role == "user"), text)
    if len(text) > MAX_LENGTH:
        return f"I understand no more than {MAX_LENGTH} letters at once. Say it in fewer words."
    if request := understand(text):
        intent, subject, when = request
        return await intent.act(Request(subject, when, earlier_turns, todo_tools, choice))
    nearest = await todo_tools.search(text)
    if not nearest:
        return HELP
    todos = Request("", "", earlier_turns, todo_tools).format_list(nearest)
    return f"I am not sure what you ask. These come nearest:\n{todos}"


def _normalize(turn: Turn) -> str:
    return " ".join(turn.content.split())
