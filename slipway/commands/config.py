"""`slipway config`: what stack files and service.yaml files say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.options import list_stacks

app = create_group("Stack files and service.yaml: check them, and see what they say together.")

StackName = Annotated[
    str, typer.Argument(metavar="STACK", help="Such as `staging`.", autocompletion=list_stacks, show_default=False)
]
StackNames = Annotated[
    list[str] | None, typer.Argument(metavar="STACK...", help="Default: all.", autocompletion=list_stacks)
]
Prefix = Annotated[
    str, typer.Option("--key", metavar="KEY", help="Only keys that begin with this, such as `services.backend`.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Write the files; without it they are only shown.")]


@declare(
    app,
    "show",
    examples=[
        "config show staging",
        "config show prod --key services.backend  # one service",
        "config show local --json",
    ],
    statuses=(Status.FAILED, Status.MISSING),
    hints={Status.FAILED: "slipway config check"},
)
def show(stack: StackName, key: Prefix = "") -> Report:
    """Print every value of a stack, and where it is from: a file's line, or a default."""
    from slipway import configuration

    return configuration.show(stack, key, Path())


@declare(
    app,
    "check",
    examples=["config check", "config check staging prod"],
    statuses=(Status.FAILED, Status.MISSING),
)
def check(context: typer.Context, stack: StackNames = None) -> Report:
    """Check stack files and the services in them as the program does, and aliases. It fails if there is a problem."""
    from slipway import configuration

    return configuration.check(list(stack or ()), Path(), getattr(context.find_root().command, "commands", ()))


@declare(
    app,
    "upgrade",
    examples=["config upgrade  # show what would change", "config upgrade --apply"],
    statuses=(Status.FAILED, Status.REFUSED, Status.MISSING),
)
def upgrade(apply: Apply = False) -> Report:
    """Rewrite stack files from before services had files of their own; what all stacks say goes into service.yaml."""
    from slipway import configuration

    return configuration.upgrade(Path(), apply=apply)


@declare(app, "schema", examples=["config schema"])
def schema() -> Report:
    """Write the JSON Schemas and the reference pages anew, after a change of the models."""
    from slipway import configuration

    return configuration.write_schema_files(Path())
