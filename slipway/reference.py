"""`python -m slipway.reference FILE`: write the page about every command, docs/reference/cli.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from delivery.outcome import MEANING
from slipway.__main__ import app

UNDER = ("json", "help")  # every command has them
HEAD = """<!-- `make reference` writes this page from the commands themselves. -->
# The command line

`uv run slipway GROUP COMMAND` works in a checkout after `make setup`; with `.venv/bin` on PATH, `slipway` alone does.
`slipway --install-completion` sets up completion for bash, zsh, fish and PowerShell.

Every command has `--help`, with examples, and `--json`: then standard output has one JSON object, with the exit
status as `status`, and progress goes to standard error. An error is such an object, too:
`{"status": 5, "error": "…"}`, with the command to run next as `next` where one is known.
"""


def create_page() -> str:
    """The page, as Markdown."""
    root: Any = typer.main.get_command(app)
    context = root.make_context("slipway", [], resilient_parsing=True)
    lines = [HEAD, "## Exit status\n", "| | |", "|--:|---|"]
    lines += [f"| {status:d} | {meaning} |" for status, meaning in MEANING.items()]
    for name, group in root.commands.items():
        if not hasattr(group, "commands"):
            lines += ["", *_section(f"slipway {name}", group, context, level=2)]
            continue
        inner = group.make_context(name, [], parent=context, resilient_parsing=True)
        lines += [f"\n## slipway {name}\n", f"{group.help}\n", "| command | what it does |", "|---|---|"]
        for each, command in group.commands.items():
            lines.append(f"| [`{each}`](#slipway-{name}-{each}) | {_sentence(command)} |")
        for each, command in group.commands.items():
            lines += ["", *_section(f"slipway {name} {each}", command, inner)]
    return "\n".join(lines) + "\n"


def _sentence(command: Any) -> str:
    """The first paragraph of a command's help."""
    return " ".join(str(command.help).split("\n\n")[0].split())


def _section(path: str, command: Any, parent: Any, level: int = 3) -> Iterator[str]:
    context = command.make_context(path, [], parent=parent, resilient_parsing=True)
    paragraphs = [" ".join(each.split()) for each in str(command.help).split("\n\n")]
    yield f"{'#' * level} {path}\n"
    yield "\n\n".join(paragraphs) + "\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"`{path} {usage}`\n"
    records = [each.get_help_record(context) for each in command.get_params(context) if each.name not in UNDER]
    rows = [f"| `{_cell(name)}` | {_cell(text)} |" for name, text in filter(None, records)]
    if rows:
        yield "\n".join(["| | |", "|---|---|", *rows]) + "\n"
    declaration = command.callback.declaration
    yield declaration.describe_examples() + "\n"
    yield "Exit status: " + ", ".join(f"{status:d}" for status in sorted(declaration.statuses)) + "."


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(create_page())
