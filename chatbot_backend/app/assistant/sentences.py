"""The forms of sentences that the embedded assistant knows, and what each asks for."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.assistant import actions
from app.assistant.dates import DATE, PERIOD

ASKED = r"(?!(?:what|which|who|when|where|why|how|is|are|was|has|have|did|do)\b)"  # a question is no command
POLITE = r"(?:(?:please|hey|ok|okay|could you|can you|would you|will you|i want to|i would like to|let's)[, ]+)*"
NOUN = r"(?:todo|task|item|reminder|entry)s?"
LIST = r"(?:my |the )?(?:todo |to-do |task )?list"
ON_LIST = rf"(?: (?:to|on|onto|in) {LIST})?"
A_NOUN = rf"(?: (?:a |an |the )?(?:new )?{NOUN})?"
WHEN = rf"(?:,? (?:(?:due|by|on|until|till|before|for|to|at) )*(?P<when>{DATE}))"
NOT_DONE = r"(?:not (?:yet )?(?:done|finished|completed)|open(?: again)?|undone|incomplete|unfinished|to do)"


@dataclass(frozen=True)
class Intent:
    """What a sentence of this form asks for; the group `subject` is what it is about, and `when` a date.

    Attributes:
        changes: whether it changes todos, which a question never does.
    """

    form: re.Pattern[str]
    act: Callable[[actions.Request], Awaitable[str]]
    changes: bool


def understand(said: str) -> tuple[Intent, str, str] | None:
    """The intent of a sentence, what it is about, and when; None for a sentence of no known form."""
    question = said.endswith("?") and not re.match(r"(?:please|(?:could|can|would|will) you)\b", said, re.IGNORECASE)
    for intent in INTENTS:
        match = None if intent.changes and question else intent.form.fullmatch(said.rstrip(" .!?"))
        if match:
            groups = match.groupdict()
            return intent, (groups.get("subject") or "").strip(" \"'“”:"), (groups.get("when") or "").strip()
    return None


def _asks(pattern: str, act: Callable[[actions.Request], Awaitable[str]]) -> Intent:
    return Intent(re.compile(POLITE + pattern, re.IGNORECASE), act, changes=False)


def _tells(pattern: str, act: Callable[[actions.Request], Awaitable[str]]) -> Intent:
    return Intent(re.compile(POLITE + pattern, re.IGNORECASE), act, changes=True)


INTENTS = [
    _asks(r"(?:help|hello|hi|hey|what can you do)(?: me)?", actions.give_help),
    _tells(
        r"(?:undo|revert|take (?:that|it) back)(?: (?:it|that|this|(?:the|my) last (?:change|one)))?", actions.undo
    ),
    _tells(
        rf"(?:(?:add|create|note|write)(?: down)?{A_NOUN}|new {NOUN}|a new {NOUN})(?: to| that says| called|:)?"
        rf"(?: (?P<subject>.+?){ON_LIST}{WHEN}?)?{ON_LIST}",
        actions.add,
    ),
    _tells(rf"put (?P<subject>.+?) (?:on|onto|in) {LIST}{WHEN}?", actions.add),
    # “Remember when we met” is a memory, and “remember the milk” a todo.
    _tells(
        r"remember(?: to| that|:)? (?!(?:when|how|what|who|whom|why|where|which|if|me|us|that time)\b)"
        rf"(?P<subject>.+?){WHEN}?",
        actions.add,
    ),
    _tells(rf"remind me (?:to|of|about) (?P<subject>.+?){WHEN}?", actions.add),
    _tells(rf"remind me{WHEN} (?:to|of|about) (?P<subject>.+)", actions.add),
    _tells(rf"i (?:need|have|must|should)(?: to)? remember to (?P<subject>.+?){WHEN}?", actions.add),
    _asks(
        r"(?:list|show|what(?:'s|s| is| are)?)?(?: me)?(?: (?:all|my|the|everything|what|todos?|tasks?))*"
        r"(?: i)?(?: have)? ?(?:done|completed|finished|what have i done)(?: (?:ones|todos?|tasks?|items?))?",
        actions.list_done,
    ),
    _tells(
        r"(?:remove|delete|clear|drop)(?: the)? (?:due )?date(?: (?:of|from|for) (?P<subject>.+))", actions.clear_due
    ),
    _tells(
        r"(?:move|postpone|reschedule|shift|push|delay|change|set)(?: the)?(?: (?:due )?date (?:of|for))?"
        rf" (?P<subject>.+?)(?: back)?(?: to be)?{WHEN}",
        actions.set_due,
    ),
    _tells(r"(?:postpone|reschedule)(?: (?P<subject>.+))", actions.set_due),
    _tells(
        rf"{ASKED}(?P<subject>.+?) (?:is|are) due(?: (?:on|by|until|at|before))? (?P<when>{DATE})", actions.set_due
    ),
    _tells(
        rf"(?:delete|remove|erase|get rid of|throw away)(?: (?:the )?{NOUN})?(?: (?P<subject>.+?))?"
        rf"(?: from {LIST})?",
        actions.delete,
    ),
    _tells(rf"(?:re-?open|uncomplete|uncheck)(?: (?:the )?{NOUN})? (?P<subject>.+)", actions.reopen),
    _tells(rf"mark (?P<subject>.+?) (?:as )?{NOT_DONE}", actions.reopen),
    _tells(
        rf"{ASKED}(?P<subject>.+?) (?:is|are)(?: not|n't) (?:done|finished|completed)(?: yet)?(?: after all)?",
        actions.reopen,
    ),
    _tells(
        rf"(?:complete|finish|close|check off|tick off|cross off)(?: (?:the )?{NOUN})?(?: (?P<subject>.+))?",
        actions.complete,
    ),
    _tells(r"mark (?P<subject>.+?) (?:as )?(?:done|complete|completed|finished)", actions.complete),
    _tells(
        r"(?:(?:i am |i'm )?done with|i(?:'ve| have)? (?:did|finished|completed|done)) (?P<subject>.+)",
        actions.complete,
    ),
    _tells(rf"{ASKED}(?P<subject>.+?) is (?:done|finished|completed)", actions.complete),
    _asks(
        r"(?:summar[iy][sz]?e?|give me a summary|overview|status|progress|how (?:am i|are we) doing|how many .*)"
        r"(?: of| on| about| for)?(?: (?:my|the|all))*(?: (?:todos?|to-dos?|tasks?|list|things?|day|week))*",
        actions.summarise,
    ),
    _asks(
        r"(?:(?:what|what's|whats|which|show|list|tell|anything|is|are|do)\b.*\b)?(?:overdue|late)",
        actions.list_overdue,
    ),
    _asks(
        r"(?:(?:what|what's|whats|which|show|list|tell|anything|is|are|do|everything)\b.*\b)?due"
        r"(?: (?P<when>(?:(?:by|before|until|on|in|at|for) )?.+))?",
        actions.list_due,
    ),
    _asks(
        rf"(?:what|what's|whats|which|show|list)\b.*? (?P<when>(?:(?:by|before|until|on|for) )?{PERIOD})",
        actions.list_due,
    ),
    _asks(
        r"(?:find|search(?: for)?|look (?:for|up)|where is|(?:is|are) there|do i have|have i got|anything|something)"
        rf"(?: (?:anything|something|any|a|an|the))*(?: {NOUN})?"
        r"(?: (?:about|on|for|with|like|regarding|to do with))? (?P<subject>.+)",
        actions.search,
    ),
    _asks(
        r"what (?:do i have|did i (?:write|note)|is there|have i got)(?: to do)? (?:about|on|for) "
        rf"(?P<subject>(?!{LIST}$).+)",
        actions.search,
    ),
    _asks(
        r"(?:list|show|tell|give|what|what's|whats|which|read)\b.*"
        r"(?:list|todos?|to-dos?|tasks?|items?|open|left|to do|next|everything|all)?",
        actions.list_open,
    ),
    _asks(r"(?:my |all |open )*(?:todos?|to-dos?|tasks?|list)", actions.list_open),
]
