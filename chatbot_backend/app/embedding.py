"""Embed texts as vectors of their meaning: "buy milk" is close to "purchase dairy".

The model is WordLlama's: word vectors from language models, trained for the similarity of sentences. It knows English
best. Its weights (16 MB) are in the package, so that nothing is downloaded at run time.
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

from app.words import find_words

# Vectors of different models cannot be compared: change this name with the model, or with how it is used.
MODEL = "wordllama-l2-supercat-256"
DIMENSIONS = 256
NEAR = 0.25  # cosine similarity: the README has how many related and unrelated texts are above it
_load_lock = threading.Lock()


def embed(texts: Sequence[str]) -> list[list[float]]:
    """Compute a unit vector of DIMENSIONS for each text; all zero for a text of stop words only."""
    model = load_model()
    # One at a time: the package would pad every text of a batch to the longest.
    return [
        _scale_to_unit(model.embed(_normalize(text))[0]) if find_words(text) else [0.0] * DIMENSIONS for text in texts
    ]


def _normalize(text: str) -> str:
    """Lower the first word and words in capitals: the model distinguishes "Anna" from "anna"."""
    tokens = text.split()
    return " ".join(word.lower() if index == 0 or word.isupper() else word for index, word in enumerate(tokens))


def _scale_to_unit(vector: NDArray[np.float32]) -> list[float]:
    length = float(np.linalg.norm(vector))
    return [float(value) / length for value in vector] if length else [0.0] * DIMENSIONS


def load_model() -> WordLlamaInference:
    """The model; the first call loads it, in about a second."""
    with _load_lock:  # a second thread waits instead of loading it again
        return _load()


@cache
def _load() -> WordLlamaInference:
    # `cache_dir`, as by default the package does not find the tokenizer that it ships.
    return WordLlama.load(dim=DIMENSIONS, cache_dir=Path(wordllama.__file__).parent, disable_download=True)
