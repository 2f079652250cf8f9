"""Read and write stack files for tools beside the Pulumi CLI, which reads what they wrote.

What a tool does not change is written as it stood, quotes, numbers and comments included: PyYAML would write "1e3"
without its quotes, and Pulumi then read another value.
"""

from __future__ import annotations

import io
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter

from infra.config.document import Document, DocumentError, parse_document

Content = MutableMapping[str, Any]
NO_WIDTH = 2**31  # lines are never folded


class StackFileError(DocumentError):
    """A text is no stack file; the error names the file, the line and what to write."""


def find_stack_files(checkout: Path) -> dict[str, Path]:
    """Return the stack files of a checkout by stack, sorted."""
    files = sorted(checkout.glob("Pulumi.*.yaml"))
    return {file.name.removeprefix("Pulumi.").removesuffix(".yaml"): file for file in files}


def load_stack_file(file: Path) -> Content:
    """Return a stack file's content, for `write_stack_file`; it has `config`, a mapping.

    Raises:
        StackFileError: there is no such file, it is no YAML, has a key twice, or no `config` with keys.
    """
    text = _read(file)
    _document(text, file.name)  # says what is wrong
    content: Content = _round_trip().load(text)
    return content


def load_config(file: Path) -> dict[str, Any]:
    """Return a stack file's configuration by full key (`slipway:services`), of plain types.

    Raises:
        StackFileError: as for `load_stack_file`.
    """
    return parse_config_text(_read(file), file.name)


def load_document(file: Path) -> Document:
    """Return a stack file's content with its lines, of plain types.

    Raises:
        StackFileError: as for `load_stack_file`.
    """
    return _document(_read(file), file.name)


def parse_config_text(text: str, name: str) -> dict[str, Any]:
    """Return the configuration in the text of a stack file; see `load_config`.

    Args:
        name: of the file, for errors.

    Raises:
        StackFileError: as for `load_stack_file`.
    """
    config: dict[str, Any] = _document(text, name).content["config"]
    return config


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StackFileError(f"cannot read {file}: {error}") from error


def _document(text: str, name: str) -> Document:
    try:
        document = parse_document(text, name)
    except DocumentError as error:
        raise StackFileError(str(error)) from error
    content = document.content
    if not isinstance(content, dict) or not isinstance(content.get("config"), dict):
        raise StackFileError(f"{name} has no `config:` with keys below it; Pulumi.staging.yaml has them all")
    return document


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
