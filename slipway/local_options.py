"""Options of the commands of `slipway local`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from localcloud.session import Choice

Release = Annotated[
    str | None,
    typer.Option(
        "--release",
        metavar="REVISION",
        help="Deploy this commit, or `previous`, with the images in the registry; no image is built.",
    ),
]
Build = Annotated[
    bool,
    typer.Option("--build", help="With `--release`: build the images that the registry lacks, from that commit."),
]
Services = Annotated[
    str | None,
    typer.Option(
        "--services",
        metavar="NAME,NAME",
        help="Deploy only these services and their databases. The others are removed, but not their data.",
    ),
]
PullRequest = Annotated[
    int | None,
    typer.Option(
        "--pull-request",
        min=1,
        metavar="NUMBER",
        help="The preview environment of this pull request, in a namespace of its own beside the `local` stack.",
    ),
]


def choose(release: str | None, *, build: bool, services: str | None) -> Choice:
    """What to deploy.

    Raises:
        typer.BadParameter: `--build` without `--release`.
    """
    from localcloud.session import Choice

    if build and release is None:
        raise typer.BadParameter("it builds the images of another release: give --release, too", param_hint="--build")
    return Choice(release=release, build=build, services=services.split(",") if services else None)
