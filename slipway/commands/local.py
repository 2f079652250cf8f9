"""`slipway local`: the whole program on this machine, without a cloud account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.local_options import Build, PullRequest, Release, Services, choose

if TYPE_CHECKING:
    pass

app = create_group("The local cloud: start it, deploy to it, look at what runs, and take it down.")


@declare(
    app,
    "up",
    examples=[
        "local up  # the commit that is checked out",
        "local up --pull-request 7  # the same as the preview environment pr-7",
        "local up --release previous  # the release before, nothing built",
        "local up --services backend",
    ],
    streams=True,
)
def up(
    release: Release = None, build: Build = False, services: Services = None, pull_request: PullRequest = None
) -> Report:
    """Start the local cloud and deploy the program; needs root."""
    from localcloud import commands
    from localcloud import preview_environment_commands as preview_environment
    from localcloud.session import open_cloud

    if pull_request is not None:
        if release or build or services:
            raise typer.BadParameter(
                "an environment runs what is checked out; leave --release, --build and --services out",
                param_hint="--pull-request",
            )
        with open_cloud() as cloud:
            return preview_environment.up(cloud, pull_request)
    with open_cloud(choose(release, build=build, services=services)) as cloud:
        return commands.up(cloud)


@declare(app, "preview", examples=["local preview", "local preview --release v1.4.0"], streams=True)
def preview(release: Release = None, build: Build = False, services: Services = None) -> Report:
    """Show what `up` would change; needs neither a running cloud nor root."""
    from localcloud import commands
    from localcloud.session import open_cloud

    with open_cloud(choose(release, build=build, services=services)) as cloud:
        return commands.preview(cloud)


@declare(app, "status", examples=["local status", "local status --json"])
def status() -> Report:
    """Show programs, URLs and the kubeconfig. It fails if a program is down."""
    from localcloud import commands
    from localcloud.session import open_cloud

    with open_cloud() as cloud:
        return commands.show_status(cloud)


@declare(app, "history", examples=["local history", "local history --number 50"])
def history(
    number: Annotated[int, typer.Option("--number", min=0, metavar="N", help="How many releases to list.")] = 20,
) -> Report:
    """List the releases that ran here, newest first."""
    from localcloud import commands
    from localcloud.session import open_cloud

    with open_cloud() as cloud:
        return commands.show_history(cloud, number)


@declare(
    app,
    "rollback",
    examples=["local rollback  # to the release before", "local rollback --to v1.4.0"],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING, Status.ROLLED_BACK),
    hints={Status.REFUSED: "slipway local history", Status.UNREACHABLE: "slipway local status"},
    streams=True,
)
def rollback(
    to: Annotated[
        str, typer.Option("--to", metavar="SHA|VERSION|previous", help="The release to deploy.")
    ] = "previous",
) -> Report:
    """Deploy an earlier release again and verify it. No image is built."""
    from localcloud import commands
    from localcloud.session import open_cloud

    with open_cloud() as cloud:
        return commands.roll_back(cloud, to)


@declare(
    app,
    "down",
    examples=[
        "local down  # data stays",
        "local down --purge  # also delete the data of this instance",
        "local down --pull-request 7  # remove the preview environment pr-7; the rest keeps running",
    ],
    streams=True,
)
def down(
    purge: Annotated[
        bool,
        typer.Option("--purge", help="Also delete the instance's databases, registry, Pulumi state and logs."),
    ] = False,
    purge_all: Annotated[
        bool,
        typer.Option(
            "--purge-all",
            help="Also delete the compiled tools and Docker's images, which take minutes to make again.",
        ),
    ] = False,
    pull_request: PullRequest = None,
) -> Report:
    """Stop everything. Without an option, data stays."""
    from localcloud import commands
    from localcloud import preview_environment_commands as preview_environment
    from localcloud.session import open_cloud

    if pull_request is not None:
        if purge or purge_all:
            raise typer.BadParameter("an environment's data always goes; leave --purge out", param_hint="--purge")
        with open_cloud() as cloud:
            return preview_environment.down(cloud, pull_request)
    with open_cloud() as cloud:
        return commands.take_down(cloud, purge=purge, purge_all=purge_all)


@declare(
    app,
    "run",
    examples=["local run -- pulumi stack output", "local run -- docker images"],
    context_settings={"allow_interspersed_args": False},
    streams=True,
)
def run(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="The command and its arguments, after `--`.")],
) -> Report:
    """Run any command with the environment of the local stack: its Pulumi state, its Docker login.

    The exit status is the command's own. With `--json`, what the command prints goes to standard error.
    """
    from localcloud import commands
    from localcloud.session import open_cloud

    with open_cloud() as cloud:
        return commands.run(cloud, words)


@declare(app, "doctor", examples=["local doctor", "local doctor --json"])
def doctor() -> Report:
    """List what this machine has and lacks for `slipway local up`. It fails if you have to get something."""
    from localcloud import commands
    from localcloud.session import open_cloud

    with open_cloud() as cloud:
        return commands.check_machine(cloud)


@declare(app, "tools", examples=["local tools"], streams=True)
def tools() -> Report:
    """Download or compile the Pulumi CLI, Helm and kubectl; start nothing."""
    from localcloud import commands
    from localcloud.session import open_cloud

    with open_cloud() as cloud:
        return commands.get_tools(cloud)


@declare(
    app,
    "rehearse",
    examples=[
        "local rehearse  # staging and prod, from nothing to nothing",
        "local rehearse --steps behaviour  # releases that are judged by their requests, at once and as canaries",
        "local rehearse --steps failures  # each failure that users meet, and what the runbook says",
        "local rehearse --steps workflows  # GitHub's workflows, run by act in a checkout with its tests",
    ],
    streams=True,
)
def rehearse(
    *,
    steps: Annotated[
        Literal["cloud", "behaviour", "failures", "workflows"],
        typer.Option("--steps", help="Which ones. `behaviour` and `failures` take one account, the others two."),
    ] = "cloud",
    first: Annotated[
        str | None, typer.Option("--from", metavar="STEP", help="Begin here, on what an earlier run left.")
    ] = None,
    last: Annotated[str | None, typer.Option("--until", metavar="STEP", help="End after this step.")] = None,
) -> Report:
    """Rehearse staging and prod in an emulated account each: this instance and the next. It needs root."""
    from localcloud.rehearsal.__main__ import main

    words = ["--steps", steps]
    words += ["--from", first] if first else []
    words += ["--until", last] if last else []
    return Report(main(words))
