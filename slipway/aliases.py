"""A repository's own names for command lines: `[tool.slipway.aliases]` of pyproject.toml.

```toml
[tool.slipway.aliases]
dbshell = "run --service backend -- python -m app.shell"
```

One that cannot be used is an error where it is used, and of `slipway config check`: no other command depends on it.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from typer.exceptions import TyperException

from delivery.outcome import Status

FILE = "pyproject.toml"
KEY = "tool.slipway.aliases"
EXAMPLE = 'dbshell = "run --service backend -- python -m app.shell"'
SEPARATOR = "--"


class AliasError(TyperException):
    """An alias cannot be used; the error names the key and what to write."""

    exit_code = Status.USAGE


def expand_alias(arguments: Sequence[str], checkout: Path, commands: Collection[str]) -> list[str]:
    """Return the arguments with an alias at their beginning replaced.

    Options after the alias belong to `slipway`: they go before the alias's `--`. What follows a second `--` goes to
    the end: `slipway dbshell --stack prod -- -c 'select 1'`.

    Args:
        commands: the names that commands have, which are no aliases.

    Raises:
        AliasError: the first word is no command, and the alias of that name, or all aliases, cannot be read.
    """
    name = next(iter(arguments), "")
    if not name or name in commands or name.startswith("-"):
        return list(arguments)
    aliases = _read_lines(checkout)
    if name not in aliases:
        return list(arguments)
    options, own = _split(arguments[1:])
    words, command = _split(_parse(name, aliases[name], commands))
    rest = [*command, *own]
    return [*words, *options, *([SEPARATOR, *rest] if rest else [])]


def find_alias_problems(checkout: Path, commands: Collection[str]) -> list[str]:
    """Return what is wrong with aliases, a sentence each.

    Args:
        commands: the names that commands have already.
    """
    try:
        aliases = _read_lines(checkout)
    except AliasError as error:
        return [error.format_message()]
    problems = []
    for name, line in aliases.items():
        try:
            _parse(name, line, commands)
        except AliasError as error:
            problems.append(error.format_message())
    return problems


def _read_lines(checkout: Path) -> dict[str, object]:
    """What the table has; nothing where there is no pyproject.toml."""
    try:
        content = tomllib.loads((checkout / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise AliasError(f"cannot read {FILE}: {error}") from error
    table: object = content
    for key in KEY.split("."):
        table = table.get(key, {}) if isinstance(table, Mapping) else None
    if not isinstance(table, Mapping):
        raise AliasError(f"{FILE}: {KEY} is not a table; write lines such as {EXAMPLE}")
    return dict(table)


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    if SEPARATOR not in words:
        return list(words), []
    at = list(words).index(SEPARATOR)
    return list(words[:at]), list(words[at + 1 :])


def _parse(name: str, line: object, commands: Collection[str]) -> list[str]:
    key = f"{FILE}: {KEY}.{name}"
    if name in commands:
        raise AliasError(f"{key} has the name of a command of slipway, which runs instead; choose another one")
    if not isinstance(line, str) or not line.strip():
        raise AliasError(f"{key} is not a command line; write it such as {EXAMPLE}")
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise AliasError(f"{key}: {error}; write it such as {EXAMPLE}") from error
    if words[0] not in commands:
        raise AliasError(f"{key}: slipway has no command {words[0]!r}; write it such as {EXAMPLE}")
    return words
