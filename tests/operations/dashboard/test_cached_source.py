from __future__ import annotations

import threading

from delivery.outcome import RefusedError
from operations.dashboard.cached_source import CachedSource, read_sources


def test_an_answer_counts_for_its_time():
    answers = iter(range(10))
    slow, quick = CachedSource(lambda: next(answers), 60), CachedSource(lambda: next(answers), 0)
    assert [slow.start().result().value for _ in range(3)] == [0, 0, 0]
    assert [quick.start().result().value for _ in range(3)] == [1, 2, 3]


def test_a_source_is_asked_by_one_at_a_time():
    go, asked = threading.Event(), []
    source = CachedSource(lambda: asked.append(1) or go.wait(10), 0)
    first, second = source.start(), source.start()
    go.set()
    assert first.result().value
    assert first is second
    assert len(asked) == 1


def test_while_a_source_is_asked_again_the_answer_before_counts():
    go, answers = threading.Event(), iter(["old", "new"])

    def read():
        answer = next(answers)
        return answer if answer == "old" else (go.wait(10), answer)[1]

    source = CachedSource(read, 0)
    assert read_sources({"it": source}, 10)["it"].value == "old"
    reading = read_sources({"it": source}, 0)["it"]
    assert (reading.value, reading.is_pending) == ("old", True)
    go.set()
    assert source.start().result().value == "new"


def test_an_error_is_a_sentence_without_secrets(capsys):
    def refuse():
        raise RefusedError("no such cluster; the token was dop_v1_" + "a" * 64)

    assert CachedSource(refuse, 60).start().result().problem == "no such cluster; the token was [redacted]"
    assert CachedSource(lambda: {}["x"], 60).start().result().problem == "KeyError: 'x'"
    assert "Traceback" in capsys.readouterr().err
