"""A repository's own names for command lines: `[tool.slipway.aliases]` of pyproject.toml.

```toml
[tool.slipway.aliases]
dbshell = "run --service backend -- python -m app.shell"
```
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
    """The aliases of a repository cannot be used; the error names the key and what to write."""

    exit_code = Status.USAGE


def read_aliases(checkout: Path, commands: Collection[str]) -> dict[str, list[str]]:
    """Return the words of each alias; none where there is no pyproject.toml.

    Args:
        commands: the names that commands have already.

    Raises:
        AliasError: the file is no TOML, or an alias is no command line or has the name of a command.
    """
    try:
        content = tomllib.loads((checkout / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise AliasError(f"cannot read {FILE}: {error}") from error
    entries = content.get("tool", {}).get("slipway", {}).get("aliases", {})
    if not isinstance(entries, Mapping):
        raise AliasError(f"{FILE}: {KEY} is not a table; write lines such as {EXAMPLE}")
    return {str(name): _parse(str(name), line, commands) for name, line in entries.items()}


def expand_alias(arguments: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the arguments with an alias at their beginning replaced.

    Options after the alias belong to `slipway`: they go before the alias's `--`. What follows a second `--` goes to
    the end: `slipway dbshell --stack prod -- -c 'select 1'`.
    """
    if not arguments or arguments[0] not in aliases:
        return list(arguments)
    options, own = _split(arguments[1:])
    words, command = _split(aliases[arguments[0]])
    rest = [*command, *own]
    return [*words, *options, *([SEPARATOR, *rest] if rest else [])]


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    if SEPARATOR not in words:
        return list(words), []
    at = list(words).index(SEPARATOR)
    return list(words[:at]), list(words[at + 1 :])


def _parse(name: str, line: object, commands: Collection[str]) -> list[str]:
    key = f"{FILE}: {KEY}.{name}"
    if name in commands:
        raise AliasError(f"{key} has the name of a command of slipway; choose another one")
    if not isinstance(line, str) or not line.strip():
        raise AliasError(f"{key} is not a command line; write it such as {EXAMPLE}")
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise AliasError(f"{key}: {error}; write it such as {EXAMPLE}") from error
    if words[0] not in commands:
        raise AliasError(f"{key}: slipway has no command {words[0]!r}; write it such as {EXAMPLE}")
    return words
