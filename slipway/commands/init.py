"""`slipway init`: write the stack files of a new project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from delivery.outcome import RefusedError, Report, Status
from slipway.declaration import declare

Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its namespace, and part of names.")]
Owner = Annotated[str | None, typer.Option("--owner", metavar="TEAM", help="A label and a tag on everything.")]
Region = Annotated[str | None, typer.Option("--region", metavar="REGION", help="DigitalOcean's. Default: `fra1`.")]
Registry = Annotated[
    str | None,
    typer.Option("--registry", metavar="NAME", help="Unique among all of DigitalOcean. Default: the project's name."),
]
Zone = Annotated[
    str | None,
    typer.Option("--zone", metavar="ZONE", help="DNS zone of prod; staging's is `staging.` below it. Default: none."),
]
RemoveExample = Annotated[bool, typer.Option("--remove-example", help="Remove the todo app's folders, too.")]


def declare_init(app: typer.Typer) -> None:
    """Have the outermost group have `init`."""
    declare(
        app,
        "init",
        examples=[
            "init --name notes --owner platform --region fra1 --registry acme --zone notes.acme.dev --remove-example",
        ],
        statuses=(Status.FAILED, Status.REFUSED),
        hints={Status.REFUSED: "slipway init --help"},
        streams=True,
    )(init)


def init(  # noqa: PLR0917 - Typer's options
    name: Name = None,
    owner: Owner = None,
    region: Region = None,
    registry: Registry = None,
    zone: Zone = None,
    remove_example: RemoveExample = False,
) -> Report:
    """Write the stack files of a new project over the example's, and print the monthly price of each stack.

    What the options leave out is taken from copier's answers, in a copy that copier made; otherwise it asks, on a
    terminal.
    """
    from slipway.scaffold.copier_answers import read_copier_answers
    from slipway.scaffold.initialise import initialise
    from slipway.scaffold.project import Answers, ProjectError

    given = {"name": name, "owner": owner, "region": region, "registry": registry, "zone": zone}
    try:
        known = read_copier_answers(Path()) | {key: value for key, value in given.items() if value is not None}
        project = _ask("--name", "Name of the project", known.get("name"))
        answers = Answers(
            project,
            _ask("--owner", "Team to ask", known.get("owner")),
            _ask("--region", "DigitalOcean's region", known.get("region"), default="fra1"),
            _ask("--registry", "Name of the registry", known.get("registry"), default=project),
            _ask("--zone", "DNS zone, or nothing", known.get("zone"), default="") or None,
        )
        return initialise(answers, Path(), remove_example=remove_example)
    except ProjectError as error:
        raise RefusedError(str(error)) from error


def _ask(option: str, question: str, value: str | None, *, default: str | None = None) -> str:
    """The value of an option; a person is asked for one that is left out.

    Raises:
        typer.BadParameter: it is left out, has no default, and there is no terminal.
    """
    if value is not None:
        return value
    if sys.stdin.isatty():
        return str(typer.prompt(question, default=default, err=True))
    if default is None:
        raise typer.BadParameter("it is missing, and there is no terminal to ask on", param_hint=option)
    return default
