"""How groups and commands are declared: every command has examples, exit statuses and `--json`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from delivery.outcome import MEANING, Report, Status
from slipway.execution import run

Action = Callable[..., Report]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object: the facts and the exit status.")]
ALWAYS = frozenset({Status.OK, Status.USAGE, Status.INTERRUPTED})


@dataclass(frozen=True)
class Declaration:
    """What a command's help says beside its options; the command's function has it as `declaration`.

    Attributes:
        examples: command lines without the word `slipway`; a comment follows after two spaces and `# `.
        statuses: what it may end with.
    """

    examples: Sequence[str]
    statuses: Collection[Status]

    def describe_examples(self) -> str:
        """The examples as a console, each comment above its command: help is seldom wider than 80 columns."""
        lines = []
        for example in self.examples:
            command, _, comment = example.partition("  # ")
            lines += [f"# {comment}"] if comment else []
            lines.append(f"$ slipway {command}")
        return "```console\n" + "\n".join(lines) + "\n```"


def create_group(help_text: str, *, epilog: str | None = None, add_completion: bool = False) -> typer.Typer:
    """A group of commands; without a command it prints its help.

    Args:
        help_text: one sentence for the list of groups, as Markdown.
        epilog: what comes after the commands, as Markdown.
        add_completion: whether it has the options that install shell completion: the outermost group has.
    """
    return typer.Typer(
        help=help_text,
        epilog=epilog,
        add_completion=add_completion,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def declare(
    group: typer.Typer,
    name: str,
    *,
    examples: Sequence[str],
    statuses: Collection[Status] = (Status.FAILED,),
    hints: Mapping[Status, str] | None = None,
    streams: bool = False,
    endless: str | None = None,
    **settings: Any,
) -> Callable[[Action], Action]:
    """Have a function be a command of a group; its docstring is the command's help, as Markdown.

    Args:
        examples: see `Declaration`.
        statuses: what it may end with besides 0, 2 and 130.
        hints: the command to run next, by exit status, for errors that name none themselves.
        streams: whether it prints its progress; see `slipway.execution.run`.
        endless: the option with which the command has no end, and so no JSON object: `follow`.
        settings: of Typer's `command`.
    """
    declaration = Declaration(examples, ALWAYS | {*statuses})
    epilog = f"**Examples**:\n\n{declaration.describe_examples()}\n\n{describe_statuses(declaration.statuses)}"

    def register(action: Action) -> Action:
        command = _with_json(action, functools.partial(run, streams=streams, hints=hints), endless)
        command.declaration = declaration  # type: ignore[attr-defined]
        group.command(name, epilog=epilog, **settings)(command)
        return action

    return register


def describe_statuses(statuses: Collection[Status] = tuple(Status)) -> str:
    """The exit statuses with their meaning, as Markdown."""
    lines = [f"- `{status:d}`: {MEANING[status]}" for status in sorted(statuses)]
    return "**Exit status**:\n\n" + "\n".join(lines)


def _with_json(action: Action, runner: Callable[..., int], endless: str | None) -> Callable[..., int]:
    """The command of an action: it has `--json` besides its own options, and returns the exit status."""

    @functools.wraps(action)
    def command(*, json: bool, **options: Any) -> int:
        if json and endless and options[endless]:
            raise typer.BadParameter(
                "a JSON object has an end; leave one of them out", param_hint=f"--json / --{endless}"
            )
        return runner(functools.partial(action, **options), as_json=json)

    signature = inspect.signature(action, eval_str=True)
    switch = inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in signature.parameters.values()]
    command.__signature__ = signature.replace(parameters=[*parameters, switch])  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in [*parameters, switch]}
    return command
