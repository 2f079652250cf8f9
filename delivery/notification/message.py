"""A message about how something ended, as every channel shows it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from delivery.redaction import redacted

Status = Literal["success", "failure", "cancelled", "rolled-back", "skipped", "held", "waiting"]
STATUSES: tuple[Status, ...] = get_args(Status)
SIGNS: dict[Status, str] = {
    "success": "✅",
    "failure": "❌",
    "cancelled": "⏹️",
    "rolled-back": "↩️",
    "skipped": "⏭️",
    "held": "✋",
    "waiting": "⏳",
}
LONGEST_TITLE = 200  # characters; e-mail programs show fewer
INVISIBLE = {"Cc", "Cf", "Cs"}  # Unicode's categories: control, format, surrogate
ALLOWED_INVISIBLE = {"\n", "\t", "\N{ZERO WIDTH JOINER}"}


@dataclass(frozen=True)
class Notification:
    """One message, without secrets and without characters that a channel cannot carry.

    Attributes:
        url: where to read on.
    """

    status: Status
    title: str
    text: str
    url: str | None

    @property
    def subject(self) -> str:
        """The sign of the status and the title, on one line."""
        title = " ".join(clean(redacted(self.title)).split())
        return f"{SIGNS[self.status]} {title if len(title) <= LONGEST_TITLE else f'{title[: LONGEST_TITLE - 1]}…'}"

    @property
    def body(self) -> str:
        """The text, and the address after it."""
        return clean(redacted("\n".join(part for part in (self.text, self.url) if part)))


def clean(text: str) -> str:
    """The text without control characters, but for line ends and tabs, and without halves of characters.

    A byte of an argument that is no UTF-8 is half a character to Python, and no channel can encode it. Invisible
    characters can turn around what a reader sees; the one that joins signs stays.
    """
    whole = text.replace("\r\n", "\n").encode(errors="replace").decode()
    return "".join(each for each in whole if each in ALLOWED_INVISIBLE or unicodedata.category(each) not in INVISIBLE)
