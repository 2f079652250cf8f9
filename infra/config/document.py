"""Read a YAML file of a person's: its values, and the line of each.

YAML has dialects. A file is read as YAML 1.2, in which `no` is text; Pulumi's reader takes it so, too. What the two
readers would take differently is refused: a date, a number that begins with 0, one of more than 15 digits. A key that
is written twice is refused, too: other readers take the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

Location = tuple[int | str, ...]
ABSENT = object()
TAG = "tag:yaml.org,2002:"
TAGS = {f"{TAG}{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq", "merge")}
DATE = re.compile(r"\d{4}-\d\d?-\d\d?([Tt \t].*)?")
LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
DIGITS = 15  # which a JSON number keeps, as Pulumi hands it over
HALF = re.compile("[\ud800-\udfff]")
NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)


class DocumentError(ValueError):
    """A text is not usable YAML; the error names the file, the line and what to write."""


@dataclass(frozen=True)
class Document:
    """A file's content.

    Attributes:
        name: of the file, for errors.
        content: plain mappings with texts as keys, lists, texts, numbers, truth values and None.
        lines: of each key and of each entry of a list, from 1.
    """

    name: str
    content: Any
    lines: Mapping[Location, int] = field(default_factory=dict)

    def value_at(self, location: Location) -> Any:
        """Return the value at a place; ABSENT where there is none."""
        return value_at(self.content, location)

    def line_of(self, location: Location) -> int | None:
        """Return the line of a place, or of the nearest one around it."""
        for length in range(len(location), 0, -1):
            if (line := self.lines.get(location[:length])) is not None:
                return line
        return None


def value_at(values: Any, location: Location) -> Any:
    """Return the value at a place of nested mappings and lists; ABSENT where there is none."""
    for part in location:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return values


def parse_document(text: str, name: str) -> Document:
    """Read the text of a file.

    Args:
        name: of the file, for errors.

    Raises:
        DocumentError: it is no YAML, has a key twice, or a value that Pulumi would read as another one.
    """
    try:
        yaml = YAML(typ="safe", pure=True)
        root = yaml.compose(text)
        lines = dict(_lines(root, (), name)) if root is not None else {}
        content = yaml.constructor.construct_document(root) if root is not None else None
    except DuplicateKeyError as error:
        key = str(error.problem).partition('"')[2].partition('"')[0]
        raise DocumentError(f"{_place(name, error)}: the key {key!r} is there twice; remove one") from error
    except MarkedYAMLError as error:
        raise DocumentError(f"{_place(name, error)}: {error.problem or error.context}") from error
    except ReaderError as error:
        line, character = text.count("\n", 0, error.position) + 1, error.character
        code = character if isinstance(character, int) else ord(character)
        raise DocumentError(f"{name}:{line}: the character U+{code:04X} is not allowed; remove it") from error
    except RecursionError as error:
        raise DocumentError(f"{name}: an alias refers to what it is in, or the file is nested too deeply") from error
    except YAMLError as error:
        raise DocumentError(f"{name}: {error}") from error
    return Document(name, content, lines)


def _lines(node: Node, location: Location, name: str) -> Iterator[tuple[Location, int]]:
    """Every key and entry below a node, with its line; what is ambiguous is refused."""
    if isinstance(node, ScalarNode):
        _refuse_ambiguous(node, name)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode) or str(key.tag) not in {f"{TAG}str", f"{TAG}merge"}:
                shown = key.value if isinstance(key, ScalarNode) else "a list or a mapping"
                raise DocumentError(f"{name}:{line}: the key {shown} is no text; write it in quotes")
            here = (*location, str(key.value))
            yield here, line
            yield from _lines(value, here, name)
    elif isinstance(node, SequenceNode):
        for at, value in enumerate(node.value):
            yield (*location, at), value.start_mark.line + 1
            yield from _lines(value, (*location, at), name)


def _refuse_ambiguous(node: ScalarNode, name: str) -> None:
    plain, text = node.style is None, str(node.value)
    line = node.start_mark.line + 1
    if half := HALF.search(text):  # a pair of \u escapes is one character in JSON, and two halves in YAML
        raise DocumentError(f"{name}:{line}: \\u{ord(half[0]):x} is half a character; write the character itself")
    number = str(node.tag) in {f"{TAG}int", f"{TAG}float"}
    if plain and DATE.fullmatch(text):
        reason = "would be a time for Pulumi"
    elif plain and LEADING_ZERO.fullmatch(text):
        reason = "would be an octal number for Pulumi"
    elif plain and number and (sum(map(str.isdigit, text)) > DIGITS or NOT_FINITE.fullmatch(text)):
        reason = "is no number that JSON has"
    elif str(node.tag) not in TAGS and not DATE.fullmatch(text):
        reason = f"has the tag {str(node.tag).removeprefix(TAG)}"
    else:
        return
    shown = text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - characters of a line
    raise DocumentError(f"{name}:{line}: {shown} {reason}; write it in quotes")


def _place(name: str, error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"{name}:{mark.line + 1}" if mark else name
