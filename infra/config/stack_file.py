"""Read and write stack files for tools beside the Pulumi CLI, which reads what they wrote.

YAML has dialects: PyYAML's 1.1 makes `no` a truth value and `1:30` a number of minutes, and writes "1e3" without its
quotes; Pulumi and Helm then read another value. Here a file is read as YAML 1.2, and what a tool does not change is
written as it stood, quotes, numbers and comments included. A key that is written twice is an error: the CLI refuses
such a file, and other readers take the last.
"""

from __future__ import annotations

import io
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.representer import RoundTripRepresenter

Content = MutableMapping[str, Any]
NO_WIDTH = 2**31  # lines are never folded


class StackFileError(ValueError):
    """A text is no stack file; the error names the file, the line and what to write."""


def load_stack_file(file: Path) -> Content:
    """Return a stack file's content, for `write_stack_file`; it has `config`, a mapping.

    Raises:
        StackFileError: there is no such file, it is no YAML, has a key twice, or no `config` with keys.
    """
    return _parse(_read(file), file.name, _round_trip())


def load_config(file: Path) -> dict[str, Any]:
    """Return a stack file's configuration by full key (`slipway:services`), of plain types.

    Raises:
        StackFileError: as for `load_stack_file`.
    """
    return parse_config_text(_read(file), file.name)


def parse_config_text(text: str, name: str) -> dict[str, Any]:
    """Return the configuration in the text of a stack file; see `load_config`.

    Args:
        name: of the file, for errors.

    Raises:
        StackFileError: as for `load_stack_file`.
    """
    config: dict[str, Any] = _parse(text, name, YAML(typ="safe", pure=True))["config"]
    return config


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StackFileError(f"cannot read {file}: {error}") from error


def _parse(text: str, name: str, yaml: YAML) -> Content:
    try:
        content = yaml.load(text)
    except DuplicateKeyError as error:
        key = str(error.problem).partition('"')[2].partition('"')[0]
        raise StackFileError(f"{_place(name, error)}: the key {key!r} is there twice; remove one") from error
    except MarkedYAMLError as error:
        raise StackFileError(f"{_place(name, error)}: {error.problem or error.context}") from error
    except (YAMLError, ValueError) as error:  # a date such as 2026-13-45
        raise StackFileError(f"{name}: {error}") from error
    if not isinstance(content, MutableMapping) or not isinstance(content.get("config"), MutableMapping):
        raise StackFileError(f"{name} has no `config:` with keys below it; Pulumi.staging.yaml has them all")
    return content


def write_stack_file(content: Content) -> str:
    """Return the text of a stack file: what was read, with what was changed in it."""
    text = io.StringIO()
    _round_trip().dump(content, text)
    return text.getvalue()


class _Representer(RoundTripRepresenter):
    """Writes `null` as the committed files do, and not as nothing."""


_Representer.add_representer(
    type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
)


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = NO_WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)  # as the committed files are
    return yaml


def _place(name: str, error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"{name}, line {mark.line + 1}" if mark else name
