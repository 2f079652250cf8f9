from __future__ import annotations

import math

import pytest

from app.embedding import DIMENSIONS, embed
from app.todo_index import NEAR


def likeness(one, other):
    return sum(a * b for a, b in zip(embed(one), embed(other), strict=True))


def test_a_text_is_a_unit_vector_and_the_same_every_time():
    vector = embed("Book the dentist")
    assert len(vector) == DIMENSIONS
    assert math.isclose(sum(value * value for value in vector), 1)
    assert embed("Book the dentist") == vector


@pytest.mark.parametrize(
    ("question", "todo"),
    [
        ("dentist", "Book the dentist"),
        ("buying milk", "Buy milk and bread"),
        ("taxes", "File the tax return"),
        ("holiday plans", "Plan the holiday in Spain"),
        ("pay rent", "Rent payment is due"),
        ("INSURANCE", "Renew the car insurance policy"),
        ("Über Brücken", "Brücken bauen"),
    ],
)
def test_forms_and_parts_of_words_are_near(question, todo):
    assert likeness(question, todo) > NEAR


@pytest.mark.parametrize(("question", "todo"), [("dentist", "Write the board report"), ("milk", "Water the plants")])
def test_texts_that_share_nothing_are_not(question, todo):
    assert likeness(question, todo) < NEAR


@pytest.mark.parametrize("text", ["", "what is on my list?", "…!"])
def test_a_text_without_a_word_that_counts_is_near_nothing(text):
    assert not any(embed(text))
