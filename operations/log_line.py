"""A line of a log as people read it: JSON as a sentence, anything else as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from operations.control_characters import escape_controls

# Keys of structlog, Caddy, Go's slog and Python's JSON loggers, the first that is there counts.
MESSAGES = ("event", "msg", "message")
LEVELS = ("level", "severity")
TIMES = ("timestamp", "time", "ts", "@timestamp")


@dataclass(frozen=True)
class LogLine:
    """One line of a container.

    Attributes:
        at: when the container wrote it, by the kubelet's clock.
        text: without its end.
    """

    pod: str
    container: str
    at: datetime
    text: str

    def describe(self) -> str:
        """`12:01:02 INFO request method=GET status=200` of JSON; after the time, any other line as it is.

        Characters that a terminal would obey are escaped.
        """
        return f"{self.at.astimezone(UTC):%H:%M:%S} {escape_controls(describe_text(self.text))}"

    def facts(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        return {"pod": self.pod, "container": self.container, "at": self.at.isoformat(), "text": self.text}


def split_lines(output: bytes) -> Iterator[str]:
    """The lines of a log. A line feed alone ends one: what else ends lines of texts is part of what was logged."""
    return (line.decode(errors="replace") for line in output.removesuffix(b"\n").split(b"\n") if output)


def parse_line(pod: str, container: str, raw: str) -> LogLine:
    """Parse a line of `kubectl logs --timestamps`, which begins with a time in RFC 3339.

    A line without one, as kubectl's own messages are, has the present time.
    """
    stamp, _, text = raw.partition(" ")
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        return LogLine(pod, container, datetime.now(UTC), raw)
    return LogLine(pod, container, at, text)


def describe_text(text: str) -> str:
    """A JSON object as level, message and `key=value`; any other text as it is."""
    try:
        content = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return text
    if not isinstance(content, dict):
        return text
    level, message = _take(content, LEVELS), _take(content, MESSAGES)
    _take(content, TIMES)
    words = [str(level).upper()] if level else []
    words += [str(message)] if message else []
    return " ".join([*words, *(f"{key}={_write(value)}" for key, value in content.items())])


def _take(content: dict[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if key in content:
            return content.pop(key)
    return None


def _write(value: Any) -> str:
    """A value without spaces around; a text with spaces, and any list or mapping, as JSON."""
    if isinstance(value, str) and value and not any(character.isspace() for character in value):
        return value
    return json.dumps(value, ensure_ascii=False)
