"""Sentences made of the words that the forms are made of."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from app.assistant.dates import parse_moment, parse_period
from app.assistant.embedded import MAX_LENGTH
from app.assistant.sentences import understand

NOW = dt.datetime(2026, 11, 26, 19, 40, tzinfo=dt.UTC)
VOCABULARY = """
add move due by for to on what which is are my list todo remember remind me please in 3 days tomorrow set the date
of at 5pm december 31 0 99 999 99.99. 9999-12-31 0000-00-00 2026-02-30 friday next week month year end undo delete
reopen mark as done not it it's ? ! , “ ” Buy milk overdue anything put new a
"""
WORDS = st.sampled_from(VOCABULARY.split())


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(WORDS | st.text(max_size=5), max_size=12))
def test_no_sentence_is_too_much(parts):
    said = " ".join(" ".join(parts).split())
    if understood := understand(said):
        _, _, when = understood
        for found in (parse_moment(when, NOW), *(parse_period(when, NOW) or ())):
            assert found is None or found.astimezone(dt.UTC)


def test_a_sentence_without_end_is_not_read(chat, todos):
    assert chat.say("set the due date of " + "to " * 400).startswith(
        f"I understand no more than {MAX_LENGTH} letters"
    )
    assert chat.say("add " + "x" * (MAX_LENGTH - 4)).startswith("That is longer than a title may be")
    assert todos.get("/todos").json()["total"] == 0
