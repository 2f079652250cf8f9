from __future__ import annotations

from datetime import UTC, datetime

import pytest

from operations.log_line import LogLine, describe_text, parse_line


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ('{"event": "request", "level": "info", "status": 200, "timestamp": "x"}', "INFO request status=200"),
        ('{"msg": "handled", "level": "error", "ts": 1.5, "uri": "/a b"}', 'ERROR handled uri="/a b"'),
        ('{"message": "m", "severity": "WARNING", "tags": ["a"], "ok": true}', 'WARNING m tags=["a"] ok=true'),
        ('{"a": {"b": null}, "c": null}', 'a={"b": null} c=null'),
        ("plain text", "plain text"),
        ("{not JSON}", "{not JSON}"),
        ("[1]", "[1]"),
        ("", ""),
        ("{" * 100_000, "{" * 100_000),
    ],
)
def test_json_becomes_a_sentence_and_the_rest_stays(text, described):
    assert describe_text(text) == described


def test_a_line_has_the_time_of_the_kubelet():
    line = parse_line("backend-1", "backend", "2026-11-26T11:53:53.123456789Z hello there")
    assert (line.at, line.text) == (datetime(2026, 11, 26, 11, 53, 53, 123456, tzinfo=UTC), "hello there")
    assert line.describe() == "11:53:53 hello there"


@pytest.mark.parametrize("raw", ["no time here", "2026-11-26 is a day", ""])
def test_a_line_without_a_time_is_of_now_and_whole(raw):
    line = parse_line("backend-1", "backend", raw)
    assert line.text == raw
    assert (datetime.now(UTC) - line.at).total_seconds() < 10


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (r'{"path": "/x\u001b]0;pwn\u0007\u001b[2J"}', r"path=/x\x1b]0;pwn\x07\x1b[2J"),
        (r'{"event": "one\n11:00:00 INFO forged"}', r"one\n11:00:00 INFO forged"),
        ("a\rb\x9b2J\u202ec\u2066", r"a\rb\x9b2J\u202ec\u2066"),
        ("\x1b[1;31mred\x1b[0m \x1b\x1b[1m[2J", r"red \x1b[2J"),
        ("\tindented: größer, 日本 👩\u200d💻", "\tindented: größer, 日本 👩\u200d💻"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped_and_only_that(text, printed):
    line = LogLine("backend-1", "backend", datetime(2026, 11, 26, 11, tzinfo=UTC), text)
    assert line.describe() == f"11:00:00 {printed}"
    assert line.facts()["text"] == text
