"""The command line as tests walk through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import typer

from slipway.__main__ import app

ROOT = typer.main.get_command(app)


def commands(group: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words: `("stack", "deploy")`."""
    for name, command in group.commands.items():
        words = (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield words, command


def parse(words: Sequence[str]) -> dict[str, Any]:
    """The options that a command would get; it is not run.

    Raises:
        typer.TyperException: there is no such command, or it takes no such words.
    """
    group, context, rest = ROOT, ROOT.make_context("slipway", [], resilient_parsing=True), list(words)
    while hasattr(group, "commands"):
        name, command, rest = group.resolve_command(context, rest)
        group = command
        context = (
            command.make_context(name, [], parent=context, resilient_parsing=True)
            if hasattr(command, "commands")
            else command.make_context(name, rest, parent=context)
        )
    return context.params
