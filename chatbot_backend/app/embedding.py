"""Texts as vectors, by a method that needs no network and no model: hashed stems and trigrams.

Texts that share words, forms of words or parts of them ("booking the dentist", "dentist, booked") lie close to each
other. It knows no synonyms: that takes a model, and a model is a download larger than all of this service.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator

import snowballstemmer

DIMENSIONS = 1024
PLACES = 4  # of each feature in the vector: two that share one by chance do not share the others
STEM_WEIGHT, TRIGRAM_WEIGHT = 1.0, 0.25  # a whole word counts as much as a few letters in a row do together
WORD = re.compile(r"[^\W_]+")
# Words that say nothing of what a todo is about.
STOP = frozenset(
    [
        "a",
        "about",
        "again",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "anything",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "get",
        "had",
        "has",
        "have",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "list",
        "me",
        "my",
        "need",
        "of",
        "on",
        "or",
        "our",
        "please",
        "should",
        "so",
        "some",
        "something",
        "task",
        "tasks",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "todo",
        "todos",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "will",
        "with",
        "you",
        "your",
    ]
)
_STEMMER = snowballstemmer.stemmer("english")


def embed(text: str) -> list[float]:
    """A unit vector of DIMENSIONS; all zero for a text without a word that counts."""
    vector = [0.0] * DIMENSIONS
    for feature, weight in _features(text):
        for place in range(PLACES):
            number = zlib.crc32(f"{place}{feature}".encode())
            # The sign, from a bit of its own, keeps features that meet in one place from adding up.
            vector[number % DIMENSIONS] += weight if number >> 31 else -weight
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else vector


def words(text: str) -> list[str]:
    """The words of a text that count, in lower case, in order."""
    return [word for word in WORD.findall(text.casefold()) if word not in STOP]


def _features(text: str) -> Iterator[tuple[str, float]]:
    for stem in _STEMMER.stemWords(words(text)):
        yield stem, STEM_WEIGHT
        padded = f"^{stem}$"
        for at in range(len(padded) - 2):
            yield padded[at : at + 3], TRIGRAM_WEIGHT
