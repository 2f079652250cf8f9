"""Every command, run where nothing is as it needs it: no stack, no token, no repository, no machine."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.slipway.command_line import commands

REPLACED = {
    "https://todo.staging.example.com": "http://127.0.0.1:9",
    "https://todo.example.com": "http://127.0.0.1:9",
    "60": "0",
}
EXAMPLES = [
    pytest.param(shlex.split(example.partition("  # ")[0].partition(" > ")[0]), id=example)
    for _, command in commands()
    for example in command.callback.declaration.examples
]


@pytest.mark.parametrize("words", EXAMPLES)
def test_what_a_program_reads_is_one_object_whatever_happens(slipway, words):
    words = [REPLACED.get(word, word) for word in words]
    words.insert(words.index("--") if "--" in words else len(words), *["--json"])
    status, out, err = slipway(*words)
    facts = json.loads(out)
    assert (facts["status"], "Traceback" in err) == (status, False)
    assert "unexpected" not in facts.get("error", ""), facts
    assert "error" in facts or status in {0, 1}


@pytest.mark.parametrize("words", EXAMPLES)
@pytest.mark.parametrize("bad", ["--nonsense", "--stack=\udcff", "--release=", "--config-file=/dev/null/x"])
def test_bad_input_is_refused_with_a_sentence(slipway, words, bad):
    words = [REPLACED.get(word, word) for word in words]
    words.insert(words.index("--") if "--" in words else len(words), bad)
    status, _, err = slipway(*words)
    assert status in {0, 1, 2, 3, 4, 5}
    assert "Traceback" not in err
    assert "unexpected" not in err
