"""Find the todo that a user means, by its title or a part of it, by its number in the last answer, or as "it"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.assistant import Turn
from app.assistant.todo_tools import TodoTools
from app.todos import Todo

WHICH = "Which one do you mean?"
NUMBERED = re.compile(r"^\d+\. (.+?)(?: \(done\)| \(due .*\))?$", re.MULTILINE)
NUMBER = re.compile(r"(?:number |no\.? |#)?(\d{1,3})", re.IGNORECASE)
QUOTED = re.compile(r"“(.+?)”")
LAST_NAMED = {"it", "that", "this", "that one", "this one", "the first", "the first one", "first"}


async def find_referenced(
    reference: str, earlier_turns: Sequence[Turn], todo_tools: TodoTools, *, completed: bool | None = False
) -> list[Todo]:
    """Find the todos that a reference may mean after these turns, best match first."""
    titles = NUMBERED.findall(find_last_answer(earlier_turns))
    number = NUMBER.fullmatch(reference.strip())
    if number and 0 < int(number[1]) <= len(titles):
        return await _find_by_number(int(number[1]) - 1, titles, todo_tools, completed)
    title = None
    if reference.casefold() in LAST_NAMED:
        title = next(iter(titles or QUOTED.findall(find_last_answer(earlier_turns))), None)
    return await todo_tools.find_matches(title or reference, completed=completed)


async def _find_by_number(index: int, titles: list[str], todo_tools: TodoTools, completed: bool | None) -> list[Todo]:
    # Several todos may have the same title: the same search finds them in the same order.
    title = titles[index]
    same_titles = [todo for todo in await todo_tools.find_matches(title, completed=completed) if todo.title == title]
    position = titles[:index].count(title)
    return same_titles[position : position + 1]


def find_last_answer(earlier_turns: Sequence[Turn]) -> str:
    return next((turn.content for turn in reversed(earlier_turns) if turn.role == "assistant"), "")


def find_offers(earlier_turns: Sequence[Turn]) -> set[str]:
    """Find the titles, in lower case, that the last answer asks the user to choose from."""
    answer = find_last_answer(earlier_turns)
    return {title.casefold() for title in NUMBERED.findall(answer)} if answer.startswith(WHICH) else set()
