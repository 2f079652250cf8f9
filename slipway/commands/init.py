"""`slipway init`: write the stack files of a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivery.outcome import RefusedError, Report, Status
from slipway.declaration import declare

Name = Annotated[str, typer.Option("--name", prompt="Name of the project", help="Its namespace, and part of names.")]
Owner = Annotated[str, typer.Option("--owner", prompt="Team to ask", help="A label and a tag on everything.")]
Region = Annotated[str, typer.Option("--region", prompt="DigitalOcean's region", help="Such as `fra1`.")]
Registry = Annotated[
    str, typer.Option("--registry", prompt="Name of the registry", help="Unique among all of DigitalOcean.")
]
Zone = Annotated[
    str,
    typer.Option(
        "--zone",
        prompt="DNS zone (empty: none yet)",
        help="Prod's; staging's is `staging.` below it.",
        show_default=False,
    ),
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
    name: Name,
    owner: Owner,
    region: Region = "fra1",
    registry: Registry = "",
    zone: Zone = "",
    remove_example: RemoveExample = False,
) -> Report:
    """Write the stack files of a new project over the example's, and print the monthly price of each stack.

    It asks for what the options leave out.
    """
    from slipway.scaffold.initialise import initialise
    from slipway.scaffold.project import Answers, ProjectError

    answers = Answers(name, owner, region, registry or name, zone or None)
    try:
        return initialise(answers, Path(), remove_example=remove_example)
    except ProjectError as error:
        raise RefusedError(str(error)) from error
