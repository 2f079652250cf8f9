"""`slipway status`, `logs`, `run` and the like: what a team does every day with what runs."""

from __future__ import annotations

from typing import Annotated

import typer

from delivery.outcome import Report
from slipway.declaration import create_group, declare
from slipway.options import ASKS_CLUSTER, AddressedService, AnyStack

app = create_group("What a team does every day with what runs.")

Services = Annotated[
    list[str] | None, typer.Option("--service", metavar="SERVICE", help="Only this service; may be repeated.")
]
Service = Annotated[str, typer.Option("--service", metavar="SERVICE", help="The service.")]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65_535, metavar="PORT", help="Of this machine. Default: a free one.")
]
Release = Annotated[
    str | None, typer.Option("--release", metavar="REVISION", help="Only pods of this release: a commit or a tag.")
]


@declare(
    app,
    "status",
    examples=[
        "status",
        "status --stack prod",
        "status --stack pr-7  # a preview environment",
        "status --service backend",
    ],
    statuses=ASKS_CLUSTER,
)
def status(stack: AnyStack = "local", service: Services = None) -> Report:
    """Show what runs, since when, and why it is not healthy; maintenance pages, canaries, what waits and is on hold.

    It fails if a service or a database is not healthy, or if a migration or the last run of a cron failed.
    """
    from operations.commands import show_status

    return show_status(stack, service or ())


@declare(
    app,
    "logs",
    examples=[
        "logs --service backend",
        "logs --stack prod --service backend --since 42m --grep 'status=5'",
        "logs --follow",
        "logs --service backend --previous  # of the containers before they were started again",
    ],
    statuses=ASKS_CLUSTER,
    endless="follow",
)
def logs(
    *,
    stack: AnyStack = "local",
    service: Services = None,
    release: Release = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="No older lines: 42m, 90s, 2h or 1d.")
    ] = None,
    grep: Annotated[
        str | None, typer.Option("--grep", metavar="PATTERN", help="Only lines that contain this regular expression.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new lines as they come, until Ctrl-C.")
    ] = False,
    previous: Annotated[
        bool, typer.Option("--previous", help="Of the run of each container before the present one.")
    ] = False,
) -> Report:
    """Print the logs of all pods of a service, in the order of time; JSON lines as sentences.

    The last lines of containers that crashed come first, without being asked for.
    """
    from operations.log_command import LogOptions, show_logs

    options = LogOptions(
        services=tuple(service or ()),
        release=release,
        since=since,
        grep=grep,
        follow=follow,
        previous=previous,
    )
    return show_logs(stack, options)


@declare(
    app,
    "exec",
    examples=[
        "exec --service backend  # a shell",
        "exec --stack prod --service backend -- ps aux",
        "exec --service chatbot-frontend --debug -- wget -qO- http://backend/health",
    ],
    statuses=ASKS_CLUSTER,
    streams=True,
    context_settings={"allow_interspersed_args": False},
)
def execute(
    *,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="The command and its arguments, after `--`. Default: a shell."),
    ] = None,
    service: Service,
    stack: AnyStack = "local",
    pod: Annotated[
        str | None, typer.Option("--pod", metavar="POD", help="This one. Default: the newest ready one.")
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="In an ephemeral container with BusyBox, beside the service's.")
    ] = False,
) -> Report:
    """Run a command in a running pod. Standard input and output are the command's own, and so is the exit status.

    Where the image has no shell, the shell is in an ephemeral container with BusyBox.
    """
    from operations.commands import execute_in_pod

    return execute_in_pod(stack, service, pod, words or (), debug=debug)


@declare(
    app,
    "run",
    examples=[
        "run --service backend -- python -m app.migrate",
        "run --stack prod --service backend --memory 2Gi -- python -m app.export > todos.csv",
        "run --stack prod --service backend --release v1.4.0 -- python -m app.check",
    ],
    statuses=ASKS_CLUSTER,
    streams=True,
    context_settings={"allow_interspersed_args": False},
)
def run(
    *,
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="The command and its arguments, after `--`.")],
    service: Service,
    stack: AnyStack = "local",
    release: Annotated[
        str | None,
        typer.Option(
            "--release", metavar="REVISION", help="This release's image: a commit or a tag. Default: what runs."
        ),
    ] = None,
    cpu: Annotated[
        str | None, typer.Option("--cpu", metavar="CPU", help="Such as 500m. Default: the service's.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option("--memory", metavar="BYTES", help="Such as 1Gi. Default: the service's.")
    ] = None,
) -> Report:
    """Run a command in a new pod: the release's image, environment and secrets. The pod is removed afterwards.

    Standard input and output are the command's own, and so is the exit status. With `--release` the image alone is
    that release's: environment and secrets are those of what runs.
    """
    from operations.commands import run_command

    limits = {name: size for name, size in (("cpu", cpu), ("memory", memory)) if size is not None}
    return run_command(stack, service, release, limits, words)


@declare(app, "env", examples=["env --service backend", "env --stack prod --service backend"], statuses=ASKS_CLUSTER)
def env(service: Service, stack: AnyStack = "local") -> Report:
    """Show the variables of a service, and where each is from. A secret's value is never shown."""
    from operations.commands import show_environment

    return show_environment(stack, service)


@declare(app, "open", examples=["open --service chatbot-frontend", "open --stack prod"], statuses=ASKS_CLUSTER)
def open_in_browser(
    service: AddressedService = None,
    stack: AnyStack = "local",
) -> Report:
    """Open a service in the browser, and print its URL."""
    from operations.commands import open_address

    return open_address(stack, service)


@declare(app, "restart", examples=["restart --service backend"], statuses=ASKS_CLUSTER, streams=True)
def restart(service: Service, stack: AnyStack = "local") -> Report:
    """Replace the pods of a service, one after another, without an interruption."""
    from operations.commands import restart_service

    return restart_service(stack, service)


@declare(app, "scale", examples=["scale --service backend --replicas 3"], statuses=ASKS_CLUSTER, streams=True)
def scale(
    service: Service,
    replicas: Annotated[int, typer.Option("--replicas", min=0, metavar="N", help="How many pods.")],
    stack: AnyStack = "local",
) -> Report:
    """Have another number of pods until a deploy changes the service: then it is the stack file's number again.

    Of a service whose number follows its load it is the least one. A deploy leaves alone what its commit does not
    change. `slipway status` shows what was scaled by hand.
    """
    from operations.commands import scale_service

    return scale_service(stack, service, replicas)


@declare(
    app,
    "forward",
    examples=["forward --service backend", "forward --stack staging --service backend --port 8000"],
    statuses=ASKS_CLUSTER,
    streams=True,
)
def forward(
    service: Service,
    stack: AnyStack = "local",
    port: Port = 0,
) -> Report:
    """Forward a loopback port of this machine to a service, until Ctrl-C."""
    from operations.commands import forward as forward_port

    return forward_port(stack, service, port)


@declare(
    app,
    "dashboard",
    examples=["dashboard", "dashboard --stack prod --port 8100"],
    statuses=ASKS_CLUSTER,
    streams=True,
)
def dashboard(
    stack: AnyStack = "local",
    port: Port = 0,
) -> Report:
    """Serve a status page of a stack to browsers on this machine, until Ctrl-C; `make up` serves the local stack's.

    It shows what `status`, `logs` and `stack status` print, and changes nothing.
    """
    from operations.commands import serve_dashboard

    return serve_dashboard(stack, port)
