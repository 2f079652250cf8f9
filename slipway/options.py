"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from delivery.outcome import Status


def list_stacks(incomplete: str) -> list[str]:
    """Names of the stacks that have a stack file here, for shell completion."""
    names = sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in Path().glob("Pulumi.*.yaml"))
    return [name for name in names if name.startswith(incomplete)]


def parse_pairs(entries: Sequence[str], option: str, example: str) -> dict[str, str]:
    """Entries NAME=VALUE of an option.

    Raises:
        typer.BadParameter: one has no name or no `=`.
    """
    pairs = [entry.partition("=") for entry in entries]
    for entry, (name, equals, _) in zip(entries, pairs, strict=True):
        if not name or not equals:
            raise typer.BadParameter(f"{entry!r}; write it such as {example}", param_hint=option)
    return {name: value for name, _, value in pairs}


def parse_urls(entries: Sequence[str]) -> dict[str, str]:
    """The URLs of `--url` by service.

    Raises:
        typer.BadParameter: an entry is not SERVICE=URL.
    """
    example = "backend=https://todo.example.com"
    urls = parse_pairs(entries, "--url", example)
    for name, url in urls.items():
        if not url.startswith(("http://", "https://")):
            raise typer.BadParameter(f"{name}={url!r} is no URL; write it such as {example}", param_hint="--url")
    return urls


Stack = Annotated[
    str, typer.Option("--stack", help="The stack: `staging` or `prod`.", autocompletion=list_stacks, metavar="STACK")
]
Stacks = Annotated[
    list[str] | None,
    typer.Option(
        "--stack",
        help="Only this stack; may be repeated. Default: staging and prod.",
        autocompletion=list_stacks,
        metavar="STACK",
    ),
]
AnyStack = Annotated[
    str,
    typer.Option(
        "--stack",
        metavar="STACK",
        help="The stack; `pr-7` is the preview environment of pull request 7.",
        autocompletion=list_stacks,
    ),
]  # `local`, too
AddressedService = Annotated[
    str | None,
    typer.Option("--service", metavar="SERVICE", help="The service. Default: the only one with an address."),
]
ASKS_CLUSTER = (Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING)  # what such a command may end with
DigitalOceanStack = Annotated[Literal["staging", "prod"], typer.Option("--stack", help="The stack.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config-file", metavar="FILE", help="Instead of `Pulumi.<stack>.yaml`.")
]
Repository = Annotated[
    str | None,
    typer.Option("--repo", metavar="OWNER/NAME", help="The repository on GitHub. Default: `GITHUB_REPOSITORY`."),
]
Apply = Annotated[bool, typer.Option("--apply", help="Apply the changes. Default: a dry run.")]
Urls = Annotated[
    list[str] | None,
    typer.Option("--url", metavar="SERVICE=URL", help="Where a service answers, if not as the stack exports."),
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long services may take to become healthy.")
]
Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", metavar="FOLDER", help="Write there what runs, for those who ask later."),
]
TIMEOUT_SECONDS = 300.0  # as `delivery.verification.healthy`, which takes half a second to import
