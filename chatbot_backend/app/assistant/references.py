"""Which todo a person means: by its title or a part of it, by its number in the last answer, or as "it"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.assistant import Turn
from app.assistant.abilities import Abilities
from app.todos import Todo

WHICH = "Which one do you mean?"
NUMBERED = re.compile(r"^\d+\. (.+?)(?: \(done\)| \(due .*\))?$", re.MULTILINE)
NUMBER = re.compile(r"(?:number |no\.? |#)?(\d{1,3})", re.IGNORECASE)
QUOTED = re.compile(r"“(.+?)”")
LAST_NAMED = {"it", "that", "this", "that one", "this one", "the first", "the first one", "first"}


async def meant(
    reference: str, before: Sequence[Turn], abilities: Abilities, *, completed: bool | None = False
) -> list[Todo]:
    """The todos that a reference may mean after these turns, best first."""
    titles = NUMBERED.findall(last_answer(before))
    number = NUMBER.fullmatch(reference.strip())
    if number and 0 < int(number[1]) <= len(titles):
        return await _find_by_number(int(number[1]) - 1, titles, abilities, completed)
    title = None
    if reference.casefold() in LAST_NAMED:
        title = next(iter(titles or QUOTED.findall(last_answer(before))), None)
    return await abilities.meant(title or reference, completed=completed)


async def _find_by_number(at: int, titles: list[str], abilities: Abilities, completed: bool | None) -> list[Todo]:
    # Several may have one title: the same search has them in the same order.
    alike = [todo for todo in await abilities.meant(titles[at], completed=completed) if todo.title == titles[at]]
    position = titles[:at].count(titles[at])
    return alike[position : position + 1]


def last_answer(before: Sequence[Turn]) -> str:
    return next((turn.content for turn in reversed(before) if turn.role == "assistant"), "")


def find_offers(before: Sequence[Turn]) -> set[str]:
    """The titles, in lower case, among which the last answer asks to choose."""
    answer = last_answer(before)
    return {title.casefold() for title in NUMBERED.findall(answer)} if answer.startswith(WHICH) else set()
