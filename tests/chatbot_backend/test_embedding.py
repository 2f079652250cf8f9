from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from app.embedding import DIMENSIONS, NEAR, embed

PAIRS = json.loads(Path(__file__).with_name("meaning_pairs.json").read_text())


def likeness(one, other):
    one, other = embed([one, other])
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def table():
    """The likeness of every first sentence with every second one; those of a pair have one number."""
    firsts, seconds = embed([first for first, _ in PAIRS]), embed([second for _, second in PAIRS])
    return [[sum(a * b for a, b in zip(one, other, strict=True)) for other in seconds] for one in firsts]


def test_a_text_is_a_unit_vector_and_the_same_every_time():
    (vector,) = embed(["Book the dentist"])
    assert len(vector) == DIMENSIONS
    assert math.isclose(sum(value * value for value in vector), 1, rel_tol=1e-6)
    assert embed(["Something much longer than the other one", "Book the dentist"])[1] == vector


def test_most_of_fifty_sentences_are_nearest_to_their_paraphrase(table):
    """The README has the figures: when these change, change them there, too."""
    assert len(PAIRS) == 50
    nearest = sum(row.index(max(row)) == at for at, row in enumerate(table))
    near = sum(row[at] > NEAR for at, row in enumerate(table))
    others = [value > NEAR for at, row in enumerate(table) for to, value in enumerate(row) if to != at]
    assert (nearest, near, round(100 * sum(others) / len(others), 1)) == (44, 48, 1.0)


def test_synonyms_are_nearer_than_every_unrelated_pair(table):
    assert PAIRS[0] == ["buy milk", "purchase dairy"]
    assert table[0][0] == max(table[0])
    assert table[0][0] > max(row[0] for row in table[1:])
    assert table[0][0] > NEAR


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
    assert not any(embed([text])[0])
