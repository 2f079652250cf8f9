"""Read a YAML file of a person's: its values, and the line of each.

YAML has dialects: PyYAML's 1.1 makes `no` a truth value and `1:30` a number of minutes. Here a file is read as YAML
1.2, as Pulumi and Helm do. A key that is written twice is an error: the CLI refuses such a file, and other readers
take the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.resolver import VersionedResolver

Location = tuple[int | str, ...]
ABSENT = object()
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class DocumentError(ValueError):
    """A text is not usable YAML; the error names the file, the line and what to write."""


@dataclass(frozen=True)
class Document:
    """A file's content.

    Attributes:
        name: of the file, for errors.
        content: plain mappings, lists, texts, numbers, truth values and None.
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
        DocumentError: it is no YAML, has a key twice, or refers to itself.
    """
    yaml = _loader()
    try:
        root = yaml.compose(text)
        content = _loader().load(text)
        lines = dict(_lines(root, ())) if root is not None else {}
    except DuplicateKeyError as error:
        key = str(error.problem).partition('"')[2].partition('"')[0]
        raise DocumentError(f"{_place(name, error)}: the key {key!r} is there twice; remove one") from error
    except MarkedYAMLError as error:
        raise DocumentError(f"{_place(name, error)}: {error.problem or error.context}") from error
    except RecursionError as error:
        raise DocumentError(f"{name}: an alias refers to what it is in, or the file is nested too deeply") from error
    except (YAMLError, ValueError, TypeError) as error:  # a key that is a list, and the like
        raise DocumentError(f"{name}: {error}") from error
    return Document(name, content, lines)


class _Resolver(VersionedResolver):
    """Reads `2026-11-26` as the text that it is: neither Pulumi's JSON nor any key here has dates."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)
        return self.DEFAULT_SCALAR_TAG if str(tag) == TIMESTAMP else tag


def _loader() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver = _Resolver
    return yaml


def _lines(node: Node, location: Location) -> Iterator[tuple[Location, int]]:
    """Every key and entry below a node, with its line."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            here = (*location, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _lines(value, here)
    elif isinstance(node, SequenceNode):
        for at, value in enumerate(node.value):
            yield (*location, at), value.start_mark.line + 1
            yield from _lines(value, (*location, at))


def _place(name: str, error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"{name}:{mark.line + 1}" if mark else name
