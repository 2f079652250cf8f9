"""Text in GitHub's Markdown: what people and programs wrote stays text, and a long document is cut by section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 60_000  # characters: GitHub takes 65 536 of a comment or an issue; the rest is room for what it adds
LONGEST_LINE = 500  # characters of one line of a log
LONGEST_TITLE = 250  # characters: GitHub takes 256 of an issue's title
FOLDED_FROM = 20  # pieces of Markdown
NARROW = "\u200b"  # a space without width: GitHub calls nobody and links nothing across it

_PUNCTUATION = re.compile(r"[\\`*_\[\]<>~|&$!{}]")
_MENTION = re.compile(r"@(?=[\w-])")
_REFERENCE = re.compile(r"(?:#|[Gg][Hh]-)(?=\d)")
_ADDRESS = re.compile(r"(?:https?|ftp)://|www\.", re.IGNORECASE)
_BLOCK = re.compile(r"^(?:[#+=-]|\d+(?=[.)]))")
_BACKTICKS = re.compile(r"`+")
_NOTICE = re.compile(r"\s*^… and (\d{1,9}) more: .*\s*\Z", re.MULTILINE)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def strip_codes(text: str) -> str:
    """The text without colours, links and other codes of terminals; of an overwritten line, its last state."""
    from rich.text import Text  # it takes a while to import, and few commands need it

    lines = text.replace("\r\n", "\n").split("\n")
    plain = [Text.from_ansi(line.rstrip("\r")).plain if "\x1b" in line or "\r" in line else line for line in lines]
    return _UNPRINTABLE.sub("", "\n".join(plain))


def flatten(text: str) -> str:
    """The text in one line."""
    return " ".join(strip_codes(text).split())


def clip(text: str, longest: int) -> str:
    """The text, or its beginning and an ellipsis where it is longer than `longest` characters."""
    return text if len(text) <= longest else text[: max(0, longest - 1)] + "…"


def code(text: str) -> str:
    """Inline code that nothing in the text leaves: backticks become apostrophes, line ends become spaces."""
    return f"`{flatten(text).replace('`', chr(39)) or ' '}`"


def escape(text: str) -> str:
    """Plain text in one line: no mention, reference, link, comment, HTML or emphasis."""
    text = flatten(text)
    text = _BLOCK.sub(lambda match: _escape_start(match[0]), _PUNCTUATION.sub(r"\\\g<0>", text))
    text = _ADDRESS.sub(lambda match: match[0][:-1] + NARROW + match[0][-1], text)
    return _REFERENCE.sub(lambda match: match[0] + NARROW, _MENTION.sub("@" + NARROW, text))


def _escape_start(text: str) -> str:
    return f"{text}{NARROW}" if text.isdigit() else f"\\{text}"


def link(text: str, url: str) -> str:
    """A link; its text is code or escaped already. A URL that is not HTTP, or could end the link, is left out."""
    return f"[{text}](<{url}>)" if re.fullmatch(r"https?://[^\s<>\\]+", url) else text


def cell(markdown: str) -> str:
    """Markdown for one cell of a table, which a `|` or a line end would leave."""
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(markdown.split()))


def title(text: str) -> str:
    """The title of an issue: one line, no longer than GitHub takes."""
    return clip(flatten(text), LONGEST_TITLE)


def fence(text: str, language: str = "text") -> str:
    """A code block whose fence is longer than any run of backticks in the text, without codes of terminals."""
    text = strip_codes(text)
    marks = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    return f"{marks}{re.sub(r'[^A-Za-z0-9_-]', '', language)}\n{text}\n{marks}"


@dataclass(frozen=True)
class Section:
    """A part of a document.

    Attributes:
        head: Markdown that always stays.
        body: pieces to cut from where there is no room for all: lines of a log, or Markdown of one change each.
        language: of the code block that the body is; None where it is Markdown.
        newest: whether the last pieces stay, as in a log, and not the first.
        omitted: how many pieces were left out before.
        fold: whether the body is shown at a click only, so that the next section's head stays in sight.
    """

    head: str
    body: Sequence[str] = ()
    language: str | None = None
    newest: bool = False
    omitted: int = 0
    fold: bool = False


def fit(head: str, sections: Sequence[Section], more: str, longest: int = LONGEST) -> str:
    """A document of at most `longest` characters: the heads of all sections first, then as much of each body as fits.

    Bodies share the room: short ones stay whole, long ones get equal parts of the rest.

    Args:
        more: Markdown that says where the whole text is.
        longest: of the document, in characters; at least some hundred.
    """
    head = _cut(head, longest // 2, more)
    room = longest - len(head) - len(f"\n\n… and {len(sections)} more: {more}\n")
    heads = _fit_heads([section.head for section in sections], room, more)
    shown = sections[: len(heads)]
    bodies = _fit_bodies(shown, room - sum(len(text) + 2 for text in heads), more)
    parts = [head] if head else []
    for text, body in zip(heads, bodies, strict=True):
        parts += [part for part in (text, body) if part]
    if len(shown) < len(sections):
        parts.append(f"… and {len(sections) - len(shown)} more: {more}\n")
    return "\n".join(parts)


def split(markdown: str) -> Section:
    """A Markdown text as a section: what stands before its first list is the head, each entry of the list a piece.

    Code blocks stay whole, and what `fit` said that it left out is counted.
    """
    pieces: list[list[str]] = [[]]
    marks = ""
    for line in markdown.splitlines():
        begins = re.match(r"`{3,}", line)
        if not marks and line.startswith("- "):
            pieces.append([])
        elif begins and not marks:
            marks = begins[0]
        elif marks and begins and len(begins[0]) >= len(marks) and line.strip("`").strip() == "":
            marks = ""
        pieces[-1].append(line)
    head, *body = ["\n".join(lines) for lines in pieces]
    omitted = 0
    if body and (match := _NOTICE.search(body[-1])):
        omitted, body[-1] = int(match[1]), body[-1][: match.start()]
    return Section(head + "\n" if head else "", body, omitted=omitted, fold=len(body) > FOLDED_FROM)


def _fit_heads(heads: Sequence[str], room: int, more: str) -> list[str]:
    """As many heads as fit, each cut to its share where all together do not."""
    if sum(len(text) + 2 for text in heads) > room:
        share = max(400, room // max(1, len(heads)) - 2)
        heads = [_cut(text, share, more) for text in heads]
    fitting: list[str] = []
    for text in heads:
        room -= len(text) + 2
        if room < 0:
            break
        fitting.append(text)
    return fitting


def _fit_bodies(sections: Sequence[Section], room: int, more: str) -> list[str]:
    """Each section's body, the shortest first to be given room: what they leave is the longer ones'."""
    bodies = [""] * len(sections)
    lengths = {index: sum(map(len, section.body)) for index, section in enumerate(sections) if section.body}
    order = sorted(lengths, key=lambda index: lengths[index])
    for position, index in enumerate(order):
        share = room // (len(order) - position)
        bodies[index] = _fit_body(sections[index], share - 2, more)
        room -= len(bodies[index]) + 2
    return bodies


def _fit_body(section: Section, room: int, more: str) -> str:
    pieces = list(section.body)
    if section.language is not None:
        pieces = [clip(line, LONGEST_LINE) for line in pieces]
    whole = _render(section, pieces, section.omitted, more)
    if len(whole) <= room:
        return whole
    # A fence grows with the backticks it holds.
    longest_run = max((len(run) for piece in pieces for run in _BACKTICKS.findall(piece)), default=0)
    room -= len(_render(section, [], len(pieces) + section.omitted, more)) + 2 * longest_run + 2
    fitting: list[str] = []
    for piece in reversed(pieces) if section.newest else pieces:
        room -= len(piece) + 1
        if room < 0:
            break
        fitting.append(piece)
    if not fitting:
        return ""
    if section.newest:
        fitting.reverse()
    return _render(section, fitting, len(pieces) - len(fitting) + section.omitted, more)


def _render(section: Section, pieces: Sequence[str], omitted: int, more: str) -> str:
    notice = f"… and {omitted} more: {more}\n" if omitted else ""
    if section.language is not None:
        text = fence("\n".join(pieces), section.language) + "\n"
        return f"{notice}\n{text}" if notice else text
    text = "\n".join(pieces) + "\n" + (f"\n{notice}" if notice else "")
    if not section.fold:
        return text
    return f"<details><summary>{len(section.body) + section.omitted} changes</summary>\n\n{text}\n</details>\n"


def _cut(text: str, longest: int, more: str) -> str:
    """The first lines of Markdown; a code block among them is closed."""
    if len(text) <= longest:
        return text
    lines: list[str] = []
    room, marks = longest - len(more) - 80, ""
    for line in text.split("\n"):
        room -= len(line) + 1
        if room < 0:
            lines += [] if lines else [clip(line, room + len(line))]
            break
        if begins := re.match(r"`{3,}", line):
            marks = "" if marks and len(begins[0]) >= len(marks) else marks or begins[0]
        lines.append(line)
    rest = text.count("\n") + 1 - len(lines)
    closing = [marks] if marks else []
    return "\n".join([*lines, *closing, "", f"… and {rest} more lines: {more}", ""])
