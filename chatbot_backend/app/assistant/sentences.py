"""The sentences that the embedded assistant understands, and the action of each."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.assistant import actions
from app.assistant.dates import DATE, PERIOD

NO_QUESTION = r"(?!(?:what|which|who|when|where|why|how|is|are|was|has|have|did|do)\b)"  # a question is no command
POLITE = r"(?:(?:please|hey|ok|okay|could you|can you|would you|will you|i want to|i would like to|let's)[, ]+)*"
NOUN = r"(?:todo|task|item|reminder|entry)s?"
LIST = r"(?:my |the )?(?:todo |to-do |task )?list"
ON_LIST = rf"(?: (?:to|on|onto|in) {LIST})?"
A_NOUN = rf"(?: (?:a |an |the )?(?:new )?{NOUN})?"
WHEN = rf"(?:,? (?:(?:due|by|on|until|till|before|for|to|at) )*(?P<when>{DATE}))"
NOT_DONE = r"(?:not (?:yet )?(?:done|finished|completed)|open(?: again)?|undone|incomplete|unfinished|to do)"


@dataclass(frozen=True)
class Intent:
    """A form of sentence and its action; the group `subject` is what it is about, and `when` a date.

    Attributes:
        changes: whether the action changes todos; a question never does.
    """

    form: re.Pattern[str]
    act: Callable[[actions.Request], Awaitable[str]]
    changes: bool


def understand(sentence: str) -> tuple[Intent, str, str] | None:
    """Match a sentence: returns its intent, subject and date, or None for an unknown form."""
    is_question = sentence.endswith("?") and not re.match(
        r"(?:please|(?:could|can|would|will) you)\b", sentence, re.IGNORECASE
    )
    for intent in INTENTS:
        match = None if intent.changes and is_question else intent.form.fullmatch(sentence.rstrip(" .!?"))
        if match:
            groups = match.groupdict()
            return intent, (groups.get("subject") or "").strip(" \"'“”:"), (groups.get("when") or "").strip()
    return None


def _question(pattern: str, act: Callable[[actions.Request], Awaitable[str]]) -> Intent:
    return Intent(re.compile(POLITE + pattern, re.IGNORECASE), act, changes=False)


def _command(pattern: str, act: Callable[[actions.Request], Awaitable[str]]) -> Intent:
    return Intent(re.compile(POLITE + pattern, re.IGNORECASE), act, changes=True)


INTENTS = [
    _question(r"(?:help|hello|hi|hey|what can you do)(?: me)?", actions.give_help),
    _command(
        r"(?:undo|revert|take (?:that|it) back)(?: (?:it|that|this|(?:the|my) last (?:change|one)))?", actions.undo
    ),
    _command(
        rf"(?:(?:add|create|note|write)(?: down)?{A_NOUN}|new {NOUN}|a new {NOUN})(?: to| that says| called|:)?"
        rf"(?: (?P<subject>.+?){ON_LIST}{WHEN}?)?{ON_LIST}",
        actions.add,
    ),
    _command(rf"put (?P<subject>.+?) (?:on|onto|in) {LIST}{WHEN}?", actions.add),
    # “Remember when we met” is a memory, and “remember the milk” a todo.
    _command(
        r"remember(?: to| that|:)? (?!(?:when|how|what|who|whom|why|where|which|if|me|us|that time)\b)"
        rf"(?P<subject>.+?){WHEN}?",
        actions.add,
    ),
    _command(rf"remind me (?:to|of|about) (?P<subject>.+?){WHEN}?", actions.add),
    _command(rf"remind me{WHEN} (?:to|of|about) (?P<subject>.+)", actions.add),
    _command(rf"i (?:need|have|must|should)(?: to)? remember to (?P<subject>.+?){WHEN}?", actions.add),
    _question(
        r"(?:list|show|what(?:'s|s| is| are)?)?(?: me)?(?: (?:all|my|the|everything|what|todos?|tasks?))*"
        r"(?: i)?(?: have)? ?(?:done|completed|finished|what have i done)(?: (?:ones|todos?|tasks?|items?))?",
        actions.list_done,
    ),
    _command(
        r"(?:remove|delete|clear|drop)(?: the)? (?:due )?date(?: (?:of|from|for) (?P<subject>.+))", actions.clear_due
    ),
    _command(
        r"(?:move|postpone|reschedule|shift|push|delay|change|set)(?: the)?(?: (?:due )?date (?:of|for))?"
        rf" (?P<subject>.+?)(?: back)?(?: to be)?{WHEN}",
        actions.set_due,
    ),
    _command(r"(?:postpone|reschedule)(?: (?P<subject>.+))", actions.set_due),
    _command(
        rf"{NO_QUESTION}(?P<subject>.+?) (?:is|are) due(?: (?:on|by|until|at|before))? (?P<when>{DATE})",
        actions.set_due,
    ),
    _command(
        rf"(?:delete|remove|erase|get rid of|throw away)(?: (?:the )?{NOUN})?(?: (?P<subject>.+?))?"
        rf"(?: from {LIST})?",
        actions.delete,
    ),
    _command(rf"(?:re-?open|uncomplete|uncheck)(?: (?:the )?{NOUN})? (?P<subject>.+)", actions.reopen),
    _command(rf"mark (?P<subject>.+?) (?:as )?{NOT_DONE}", actions.reopen),
    _command(
        rf"{NO_QUESTION}(?P<subject>.+?) (?:is|are)(?: not|n't) (?:done|finished|completed)(?: yet)?(?: after all)?",
        actions.reopen,
    ),
    _command(
        rf"(?:complete|finish|close|check off|tick off|cross off)(?: (?:the )?{NOUN})?(?: (?P<subject>.+))?",
        actions.complete,
    ),
    _command(r"mark (?P<subject>.+?) (?:as )?(?:done|complete|completed|finished)", actions.complete),
    _command(
        r"(?:(?:i am |i'm )?done with|i(?:'ve| have)? (?:did|finished|completed|done)) (?P<subject>.+)",
        actions.complete,
    ),
    _command(rf"{NO_QUESTION}(?P<subject>.+?) is (?:done|finished|completed)", actions.complete),
    _question(
        r"(?:summar[iy][sz]?e?|give me a summary|overview|status|progress|how (?:am i|are we) doing|how many .*)"
        r"(?: of| on| about| for)?(?: (?:my|the|all))*(?: (?:todos?|to-dos?|tasks?|list|things?|day|week))*",
        actions.summarise,
    ),
    _question(
        r"(?:(?:what|what's|whats|which|show|list|tell|anything|is|are|do)\b.*\b)?(?:overdue|late)",
        actions.list_overdue,
    ),
    _question(
        r"(?:(?:what|what's|whats|which|show|list|tell|anything|is|are|do|everything)\b.*\b)?due"
        r"(?: (?P<when>(?:(?:by|before|until|on|in|at|for) )?.+))?",
        actions.list_due,
    ),
    _question(
        rf"(?:what|what's|whats|which|show|list)\b.*? (?P<when>(?:(?:by|before|until|on|for) )?{PERIOD})",
        actions.list_due,
    ),
    _question(
        r"(?:find|search(?: for)?|look (?:for|up)|where is|(?:is|are) there|do i have|have i got|anything|something)"
        rf"(?: (?:anything|something|any|a|an|the))*(?: {NOUN})?"
        r"(?: (?:about|on|for|with|like|regarding|to do with))? (?P<subject>.+)",
        actions.search,
    ),
    _question(
        r"what (?:do i have|did i (?:write|note)|is there|have i got)(?: to do)? (?:about|on|for) "
        rf"(?P<subject>(?!{LIST}$).+)",
        actions.search,
    ),
    _question(
        r"(?:list|show|tell|give|what|what's|whats|which|read)\b.*"
        r"(?:list|todos?|to-dos?|tasks?|items?|open|left|to do|next|everything|all)?",
        actions.list_open,
    ),
    _question(r"(?:my |all |open )*(?:todos?|to-dos?|tasks?|list)", actions.list_open),
]
