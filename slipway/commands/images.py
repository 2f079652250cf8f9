"""`slipway images`: which images stay in a registry, and whether one runs as the cluster will run it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.options import Apply, ConfigFile, DigitalOceanStack, Stack, parse_pairs

app = create_group("Images: which ones a registry keeps, and whether one runs as the cluster will run it.")


@declare(
    app,
    "needed",
    examples=["images needed --stack staging > staging.json"],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
    hints={Status.REFUSED: "slipway stack status"},
)
def needed(stack: Stack, config_file: ConfigFile = None) -> Report:
    """Print the images that a stack runs or could roll back to, as JSON for `slipway images cleanup`."""
    from delivery.commands import images
    from delivery.stack.pulumi_stack import PulumiStack

    return images.needed(PulumiStack(stack, config_file=config_file))


@declare(
    app,
    "cleanup",
    examples=[
        "images cleanup --stack staging  # what would be deleted",
        "images cleanup --stack staging --apply",
        "images cleanup --stack staging --needed prod.json --apply  # prod's state cannot be read here",
    ],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
    hints={Status.REFUSED: "slipway images needed --help"},
)
def cleanup(
    stack: DigitalOceanStack = "staging",
    needed_by: Annotated[
        list[Path] | None,
        typer.Option(
            "--needed",
            metavar="FILE",
            help="What `slipway images needed` printed of a stack whose state cannot be read here; may be repeated.",
        ),
    ] = None,
    apply: Apply = False,
) -> Report:
    """Delete the images of a stack's registry that no stack runs or could roll back to, nor anything that they need.

    Every stack of the registry is asked what it needs. Nothing is deleted if one is locked, or cannot be asked.
    """
    from delivery.commands import images

    return images.cleanup(stack, needed_by or [], apply=apply)


@declare(
    app,
    "export",
    examples=[
        "images export evidence --to images  # what a deploy left running",
        "images export --stack prod --to images  # what runs now",
    ],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
    hints={Status.REFUSED: "slipway stack status"},
)
def export(
    evidence: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="What `stack deploy --evidence` wrote.")
    ] = None,
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="STACK", help="Whose images, without evidence.")
    ] = None,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Gets a folder for each service.")],
) -> Report:
    """Write the images that run as OCI image layouts, for a scanner that gets no login to the registry."""
    from delivery.commands.image_export import export_images

    if evidence is None and stack is None:
        raise typer.BadParameter("give one of them", param_hint="FOLDER / --stack")
    return export_images(to, stack=stack, evidence_folder=evidence)


@declare(
    app,
    "verify",
    examples=["images verify slipway/backend:ci --service backend --env MIGRATE_ON_START=true"],
    statuses=(Status.FAILED, Status.MISSING),
)
def verify(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A name that the Docker Engine knows.")],
    service: Annotated[
        str, typer.Option("--service", metavar="NAME", help="Whose port, health path and environment it gets.")
    ] = "backend",
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME=VALUE", help="A variable besides the stack file's.")
    ] = None,
) -> Report:
    """Run an image as the cluster will run it, and wait until it is ready."""
    from delivery.commands import images

    return images.verify_image(image, service, parse_pairs(env or [], "--env", "MIGRATE_ON_START=true"))
