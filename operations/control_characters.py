"""Characters that a terminal obeys instead of showing them: visitors choose what a log says, so they are escaped."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# All of C0 but the tab, DEL and C1; ends of lines of Unicode; what hides text or turns its direction.
_CONTROL = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029"
    r"\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


def escape_controls(text: str) -> str:
    r"""The text in one line, without colours; such characters as a programmer writes them: `\x1b`, `\n`, `\u202e`."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), _COLOUR.sub("", text))
