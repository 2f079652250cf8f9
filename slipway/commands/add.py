"""`slipway add`: add to a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from delivery.outcome import RefusedError, Report, Status
from slipway.declaration import create_group, declare

app = create_group("Add a service.")

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="The folder of its Dockerfile.", show_default=False)]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Default: the folder's, with dashes.")]
Kind = Annotated[
    Literal["web", "worker", "cron", "job"] | None,
    typer.Option("--kind", help="Default: `web` if the Dockerfile has EXPOSE, else `worker`."),
]
Port = Annotated[int | None, typer.Option("--port", min=1024, max=65535, help="Default: the Dockerfile's EXPOSE.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the change, and write nothing.")]


@declare(
    app,
    "service",
    examples=["add service notes", "add service services/mail_out --kind worker", "add service notes --dry-run"],
    statuses=(Status.FAILED, Status.REFUSED),
)
def service(
    folder: Folder, name: Name = None, kind: Kind = None, port: Port = None, dry_run: DryRun = False
) -> Report:
    """Write the service.yaml of a folder with a Dockerfile, and a line in each stack file; print the change."""
    from slipway.configuration import write_changes
    from slipway.scaffold.service import NewService, ServiceError, plan_service

    path = folder.strip("/").removeprefix("./")
    own = name or path.rpartition("/")[2].lower().replace("_", "-")
    try:
        changes = plan_service(NewService(path, own, kind, port), Path())
    except ServiceError as error:
        raise RefusedError(str(error)) from error
    return write_changes(changes, Path(), apply=not dry_run)
