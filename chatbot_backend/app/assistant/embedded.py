"""The embedded assistant: no language model, but rules that know what people ask of a list of todos.

It needs no network and no key. It understands English commands and questions, see `app.assistant.sentences`; of
anything else it says so, and shows the todos that come nearest.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence

from app.assistant import Turn
from app.assistant.abilities import Abilities
from app.assistant.actions import HELP, NotOneTodoError, Request
from app.assistant.references import NUMBER, find_offers
from app.assistant.sentences import understand
from app.backend import BackendRefusedError

LONGEST = 500  # letters of a sentence: the forms take the more time the longer it is, and no command needs more
PIECE = re.compile(r"\S+\s*|\s+")


class EmbeddedAssistant:
    """See the module."""

    async def answer(self, turns: Sequence[Turn], abilities: Abilities) -> AsyncGenerator[str]:
        try:
            text = await _answer(turns, abilities)
        except NotOneTodoError as error:
            text = str(error)
        except BackendRefusedError as error:
            text = "That todo is not there any more." if error.is_missing else f"That cannot be: {error}."
        for piece in PIECE.findall(text):
            yield piece

    async def close(self) -> None:
        """Nothing is open."""


async def _answer(turns: Sequence[Turn], abilities: Abilities) -> str:
    said, before, choice = _plain(turns[-1]), turns[:-1], ""
    titles = find_offers(before)
    if titles and (NUMBER.fullmatch(said) or said.casefold() in titles):
        # It answers “Which one do you mean?”: what was said before that is what is wanted of it.
        choice = said
        said = next((_plain(turn) for turn in reversed(before) if turn.role == "user"), said)
    if len(said) > LONGEST:
        return f"I understand no more than {LONGEST} letters at once. Say it in fewer words."
    if understood := understand(said):
        intent, subject, when = understood
        return await intent.act(Request(subject, when, before, abilities, choice))
    near = await abilities.search(said)
    if not near:
        return HELP
    return f"I am not sure what you ask. These come nearest:\n{Request('', '', before, abilities).format_list(near)}"


def _plain(turn: Turn) -> str:
    return " ".join(turn.content.split())
