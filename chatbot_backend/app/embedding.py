"""Texts as vectors of their meaning: "buy milk" lies close to "purchase dairy".

The model is WordLlama's: word vectors taken from language models and trained for likeness of sentences. It knows
English best. Its weights (16 MB) are in the package, so that nothing is downloaded where it runs.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import wordllama
from numpy.typing import NDArray
from wordllama import WordLlama, WordLlamaInference

from app.words import words

# The model, and how it is used: vectors of another one cannot be compared with these, so change the name with either.
MODEL = "wordllama-l2-supercat-256"
DIMENSIONS = 256
NEAR = 0.25  # cosine: see the README for how many texts of one meaning are above it, and how many others
_loading = threading.Lock()


def embed(texts: Sequence[str]) -> list[list[float]]:
    """A unit vector of DIMENSIONS for each text; all zero for one without a word that counts."""
    model = load_model()
    # One at a time: the package would make every text of a batch as long as the longest.
    return [_unit(model.embed(_normalize(text))[0]) if words(text) else [0.0] * DIMENSIONS for text in texts]


def _normalize(text: str) -> str:
    """The text without capitals that are none of the word's own: the model tells "Anna" from "anna"."""
    spelled = text.split()
    return " ".join(word.lower() if at == 0 or word.isupper() else word for at, word in enumerate(spelled))


def _unit(vector: NDArray[np.float32]) -> list[float]:
    length = float(np.linalg.norm(vector))
    return [float(value) / length for value in vector] if length else [0.0] * DIMENSIONS


def load_model() -> WordLlamaInference:
    """The model, loaded by the first call, in about a second."""
    with _loading:  # a second thread waits, and does not load a second one
        return _load()


@cache
def _load() -> WordLlamaInference:
    # `cache_dir`, as the package looks for the tokenizer that it has in a folder that it does not have.
    return WordLlama.load(dim=DIMENSIONS, cache_dir=Path(wordllama.__file__).parent, disable_download=True)
