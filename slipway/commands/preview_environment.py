"""`slipway preview-environment`: an environment of its own for each pull request, in staging's cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.options import TIMEOUT_SECONDS, Apply, Repository, Timeout, list_stacks

if TYPE_CHECKING:
    from delivery.commands.preview_environments import EnvironmentRequest

app = create_group(
    "Preview environments: each pull request's own namespace, databases and URL. On one machine: `make up PR=7`."
)

CHANGES = (Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING)
Parent = Annotated[
    str,
    typer.Option("--stack", metavar="STACK", help="Whose cluster they are in.", autocompletion=list_stacks),
]
Number = Annotated[int, typer.Option("--pull-request", min=1, metavar="NUMBER", help="The pull request.")]
Commit = Annotated[str, typer.Option("--release", metavar="COMMIT", help="The newest commit of the pull request.")]
Save = Annotated[
    Path | None, typer.Option("--save", metavar="FOLDER", help="Write the comment for the pull request there.")
]


@declare(app, "check", examples=["preview-environment check"], statuses=(Status.MISSING,))
def check(stack: Parent = "staging") -> Report:
    """Say whether pull requests get an environment: whether the stack file has `slipway:previewEnvironments`."""
    from delivery.commands import preview_environments

    return preview_environments.check(stack)


@declare(
    app,
    "plan",
    examples=["preview-environment plan --pull-request 7 --release 3f2a91c4d5e6"],
    statuses=CHANGES,
)
def plan(number: Number, release: Commit, stack: Parent = "staging") -> Report:
    """List the services whose images are to be built, as the registry lacks them. Nothing is changed."""
    from delivery.commands import preview_environments

    return preview_environments.plan(_request(stack, number, release))


@declare(
    app,
    "build",
    examples=["preview-environment build --pull-request 7 --release 3f2a91c4d5e6 --services backend --to images"],
    statuses=CHANGES,
    streams=True,
)
def build(
    number: Number,
    release: Commit,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Gets a file for each service.")],
    services: Annotated[
        str | None, typer.Option("--services", metavar="NAME,NAME", help="Only these, as `plan` lists them.")
    ] = None,
    stack: Parent = "staging",
) -> Report:
    """Build images of a pull request into files. No registry is logged in to, and none is asked."""
    from delivery.commands import preview_environments

    return preview_environments.build(_request(stack, number, release), services.split(",") if services else [], to)


@declare(
    app,
    "up",
    examples=["preview-environment up --pull-request 7 --release 3f2a91c4d5e6 --images images"],
    statuses=CHANGES,
    hints={Status.FAILED: "slipway preview-environment list"},
    streams=True,
)
def up(
    number: Number,
    release: Commit,
    images: Annotated[
        Path | None, typer.Option("--images", metavar="FOLDER", help="What `build` wrote; the registry has the rest.")
    ] = None,
    *,
    save: Save = None,
    timeout: Timeout = TIMEOUT_SECONDS,
    stack: Parent = "staging",
) -> Report:
    """Create or update the environment of a pull request, with example data, and wait until it answers.

    The program, the charts and the stack file are those that are checked out. Of the pull request, its images are
    used, and what it says of its services: none of its code runs outside of its own pods.
    """
    from delivery.commands import preview_environments

    return preview_environments.up(_request(stack, number, release, save), images, timeout)


@declare(
    app,
    "down",
    examples=["preview-environment down --pull-request 7"],
    statuses=CHANGES,
    hints={Status.FAILED: "slipway preview-environment list"},
    streams=True,
)
def down(number: Number, save: Save = None, stack: Parent = "staging") -> Report:
    """Remove the environment of a pull request: stack, namespace, volumes, images. It fails if anything is left."""
    from delivery.commands import preview_environment_removal

    return preview_environment_removal.down(stack, number, save)


@declare(app, "list", examples=["preview-environment list", "preview-environment list --json"], statuses=CHANGES)
def show(stack: Parent = "staging") -> Report:
    """List the environments, their age, and what there is of each."""
    from delivery.commands import preview_environment_removal

    return preview_environment_removal.show(stack)


@declare(
    app,
    "sweep",
    examples=["preview-environment sweep  # which would be removed", "preview-environment sweep --apply"],
    statuses=CHANGES,
    hints={Status.FAILED: "slipway preview-environment list"},
    streams=True,
)
def sweep(apply: Apply = False, save: Save = None, repo: Repository = None, stack: Parent = "staging") -> Report:
    """Remove the environments of closed pull requests, those that are too old, and what is left of others.

    It fails if something could not be removed, and names it.
    """
    from delivery.commands import preview_environment_removal

    return preview_environment_removal.sweep(stack, repo, apply=apply, save=save)


@declare(
    app,
    "comment",
    examples=["preview-environment comment comments  # what `sweep --save comments` wrote"],
    statuses=CHANGES,
)
def comment(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `sweep --save` wrote.")],
    repo: Repository = None,
) -> Report:
    """Edit the comments on the pull requests whose environments were removed."""
    from delivery.commands import preview_environment_removal

    return preview_environment_removal.write_comments(folder, repo)


def _request(stack: str, number: int, release: str, save: Path | None = None) -> EnvironmentRequest:
    from delivery.commands.preview_environments import EnvironmentRequest

    return EnvironmentRequest(stack=stack, number=number, release=release, save=save)
