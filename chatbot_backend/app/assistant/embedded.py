"""The embedded assistant: no language model, but rules that know what people ask of a list of todos.

It needs no network and no key. It understands English commands and questions: add, list, search, complete, summarise;
of anything else it says so, and shows the todos that come nearest.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from app.assistant import Turn
from app.assistant.abilities import Abilities
from app.todos import Todo

SHOWN = 10  # todos a listing names before it says how many more there are
TITLE_LENGTH = 200  # the backend's limit
PIECE = re.compile(r"\S+\s*|\s+")
NUMBERED = re.compile(r"^\d+\. (.+?)(?: \(done\)| \(due .*\))?$", re.MULTILINE)
NUMBER = re.compile(r"(?:number |no\.? |#)?(\d{1,3})", re.IGNORECASE)
WHICH = "Which one do you mean?"
LAST_NAMED = {"it", "that", "this", "that one", "this one", "the first", "the first one", "first"}
HELP = (
    "I look after your todos. Try “add buy milk”, “what is on my list?”, “find anything about the dentist”, "
    "“complete buy milk” or “summarise my todos”."
)
ASKED = r"(?!(?:what|which|who|when|where|why|how|is|are|was|has|have|did|do)\b)"  # a question is no command
POLITE = r"(?:(?:please|hey|ok|okay|could you|can you|would you|i want to|i would like to|let's)[, ]+)*"
NOUN = r"(?:todo|task|item|reminder|entry)s?"
LIST = r"(?:my |the )?(?:todo |to-do |task )?list"


@dataclass(frozen=True)
class Intent:
    """What a sentence of this form asks for; its first group is what it is about."""

    form: re.Pattern[str]
    act: Callable[[str, Sequence[Turn], Abilities], Awaitable[str]]


class EmbeddedAssistant:
    """See the module."""

    async def answer(self, turns: Sequence[Turn], abilities: Abilities) -> AsyncGenerator[str]:
        said = " ".join(turns[-1].content.split())
        text = await self._understood(said, turns[:-1], abilities)
        for piece in PIECE.findall(text):
            yield piece

    async def close(self) -> None:
        """Nothing is open."""

    async def _understood(self, said: str, before: Sequence[Turn], abilities: Abilities) -> str:
        answer = _last_answer(before)
        offered = {title.casefold() for title in NUMBERED.findall(answer)} if answer.startswith(WHICH) else set()
        if offered and (NUMBER.fullmatch(said) or said.casefold() in offered):
            return await _complete(said, before, abilities)
        for intent in INTENTS:
            if match := intent.form.fullmatch(said.rstrip(" .!?")):
                subject = (match.groupdict().get("subject") or "").strip(" \"'“”:")
                return await intent.act(subject, before, abilities)
        near = await abilities.search(said)
        return f"I am not sure what you ask. These come nearest:\n{_numbered(near)}" if near else HELP


async def _add(title: str, _: Sequence[Turn], abilities: Abilities) -> str:
    if not title:
        return "What shall I add? Say for example “add buy milk”."
    if len(title) > TITLE_LENGTH:
        return f"That is longer than a title may be ({TITLE_LENGTH} letters). Say it in fewer words."
    todo = await abilities.add(title[0].upper() + title[1:])
    return f"Added “{todo.title}”."


async def _list(_: str, __: Sequence[Turn], abilities: Abilities) -> str:
    found, total = await abilities.listing()
    if not found:
        return "There is nothing open on your list."
    return f"You have {_count(total)} open:\n{_numbered(found[:SHOWN])}{_more(total)}"


async def _list_done(_: str, __: Sequence[Turn], abilities: Abilities) -> str:
    found, total = await abilities.listing(completed=True)
    if not found:
        return "Nothing is done yet."
    return f"You have {_count(total)} done:\n{_numbered(found[:SHOWN])}{_more(total)}"


async def _search(query: str, _: Sequence[Turn], abilities: Abilities) -> str:
    found = await abilities.search(query)
    if not found:
        return f"I find nothing about “{query}”."
    return f"I found {_count(len(found))}:\n{_numbered(found)}"


async def _complete(reference: str, before: Sequence[Turn], abilities: Abilities) -> str:
    if not reference:
        return "Which one is done? Say for example “complete buy milk”."
    chosen = await _chosen(reference, before, abilities)
    meant = [chosen] if chosen else await abilities.meant(_named_before(reference, before) or reference)
    if not meant:
        return f"I find nothing open that is like “{reference}”."
    if len(meant) > 1:
        return f"{WHICH}\n{_numbered(meant)}\nSay its number or its title."
    todo = await abilities.complete(meant[0].id)
    return f"Done: “{todo.title}”."


async def _summarise(_: str, __: Sequence[Turn], abilities: Abilities) -> str:
    summary = await abilities.summary()
    if not summary.open and not summary.done:
        return "Your list is empty."
    text = f"{_count(summary.open)} open, {summary.done} done."
    if summary.overdue:
        text += f" {summary.overdue} overdue."
    if summary.next_due:
        text += f" Next to do:\n{_numbered(summary.next_due)}"
    return text


async def _help(*_: object) -> str:
    return HELP


def _intent(pattern: str, act: Callable[[str, Sequence[Turn], Abilities], Awaitable[str]]) -> Intent:
    return Intent(re.compile(POLITE + pattern, re.IGNORECASE), act)


INTENTS = [
    _intent(r"(?:help|hello|hi|hey|what can you do)(?: me)?", _help),
    _intent(
        r"(?:add|create|new|note|remember|put|write down)(?: down)?(?: (?:a |an |the )?(?:new )?" + NOUN + r")?"
        r"(?: to| that says| called|:)?(?: (?P<subject>.+?))?(?: (?:to|on|onto|in) " + LIST + r")?",
        _add,
    ),
    _intent(r"remind me (?:to|of|about) (?P<subject>.+)", _add),
    _intent(r"i (?:need|have|must|should)(?: to)? remember to (?P<subject>.+)", _add),
    _intent(
        r"(?:list|show|what(?:'s|s| is| are)?)?(?: me)?(?: (?:all|my|the|everything|what|todos?|tasks?))*"
        r"(?: i)?(?: have)? ?(?:done|completed|finished|what have i done)(?: (?:ones|todos?|tasks?|items?))?",
        _list_done,
    ),
    _intent(
        r"(?:complete|finish|close|check off|tick off|cross off)(?: (?:the )?" + NOUN + r")?(?: (?P<subject>.+))?",
        _complete,
    ),
    _intent(r"mark (?P<subject>.+?) (?:as )?(?:done|complete|completed|finished)", _complete),
    _intent(
        r"(?:(?:i am |i'm )?done with|i(?:'ve| have)? (?:did|finished|completed|done)) (?P<subject>.+)", _complete
    ),
    _intent(ASKED + r"(?P<subject>.+?) is (?:done|finished|completed)", _complete),
    _intent(
        r"(?:summar[iy][sz]?e?|give me a summary|overview|status|progress|how (?:am i|are we) doing|how many .*)"
        r"(?: of| on| about| for)?(?: (?:my|the|all))*(?: (?:todos?|to-dos?|tasks?|list|things?|day|week))*",
        _summarise,
    ),
    _intent(
        r"(?:find|search(?: for)?|look (?:for|up)|where is|(?:is|are) there|do i have|have i got|anything|something)"
        r"(?: (?:anything|something|any|a|an|the))*(?: " + NOUN + r")?"
        r"(?: (?:about|on|for|with|like|regarding|to do with))? (?P<subject>.+)",
        _search,
    ),
    _intent(
        r"what (?:do i have|did i (?:write|note)|is there|have i got)(?: to do)? (?:about|on|for) "
        r"(?P<subject>(?!" + LIST + r"$).+)",
        _search,
    ),
    _intent(
        r"(?:list|show|tell|give|what|what's|whats|which|read)\b.*"
        r"(?:list|todos?|to-dos?|tasks?|items?|open|left|to do|next|everything|all|today)?",
        _list,
    ),
    _intent(r"(?:my |all |open )*(?:todos?|to-dos?|tasks?|list)", _list),
]


async def _chosen(said: str, before: Sequence[Turn], abilities: Abilities) -> Todo | None:
    """The todo that “2” or “number 2” stands for in the last answer."""
    number = NUMBER.fullmatch(said.strip())
    titles = NUMBERED.findall(_last_answer(before))
    if number is None or not 0 < int(number[1]) <= len(titles):
        return None
    at = int(number[1]) - 1
    # Several may have one title: the same search has them in the same order.
    alike = [todo for todo in await abilities.meant(titles[at]) if todo.title == titles[at]]
    position = titles[:at].count(titles[at])
    return alike[position] if position < len(alike) else None


def _named_before(reference: str, before: Sequence[Turn]) -> str | None:
    """The title that “it” or “that one” stands for in the last answer."""
    if reference.casefold() not in LAST_NAMED:
        return None
    answer = _last_answer(before)
    return next(iter(NUMBERED.findall(answer) or re.findall(r"“(.+?)”", answer)), None)


def _last_answer(before: Sequence[Turn]) -> str:
    return next((turn.content for turn in reversed(before) if turn.role == "assistant"), "")


def _numbered(todos: Sequence[Todo]) -> str:
    return "\n".join(f"{at}. {todo.title}{_state(todo)}" for at, todo in enumerate(todos, 1))


def _state(todo: Todo) -> str:
    if todo.completed:
        return " (done)"
    return f" (due {todo.due_at:%-d %B %Y})" if todo.due_at else ""


def _count(number: int) -> str:
    return f"{number} todo" + ("" if number == 1 else "s")


def _more(total: int) -> str:
    return f"\nand {total - SHOWN} more." if total > SHOWN else ""
