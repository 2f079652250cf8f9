"""`slipway`: every command of Slipway, by group."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from slipway.aliases import AliasError, expand_alias
from slipway.commands import (
    account,
    add,
    ci,
    config,
    cost,
    daily,
    deploys,
    images,
    init,
    local,
    maintenance,
    preview_environment,
    scans,
    service_checks,
    stack,
    stack_restrictions,
)
from slipway.declaration import create_group, describe_statuses
from slipway.execution import execute, refuse

app = create_group(
    "From a git commit to a DigitalOcean Kubernetes cluster, and the same program whole on one machine.",
    epilog=f"{describe_statuses()}\n\n"
    "`slipway GROUP COMMAND --help` has examples. With `--json` a command prints one object on standard output, "
    "errors included, and everything else on standard error.",
    add_completion=True,
)
init.declare_init(app)
app.add_typer(daily.app)  # without a name: its commands are commands of `slipway`
app.add_typer(maintenance.app, name="maintenance")
app.add_typer(cost.app)
app.add_typer(add.app, name="add")
app.add_typer(config.app, name="config")
app.add_typer(local.app, name="local")
for part in (service_checks, stack_restrictions):
    stack.app.add_typer(part.app)  # without a name: its commands are commands of `stack`
app.add_typer(stack.app, name="stack")
app.add_typer(preview_environment.app, name="preview-environment")
app.add_typer(images.app, name="images")
app.add_typer(account.app, name="account")
for part in (deploys, scans):
    ci.app.add_typer(part.app)  # without a name: its commands are commands of `ci`
app.add_typer(ci.app, name="ci")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status, see `delivery.outcome.Status`."""
    if arguments is None:
        for number in (signal.SIGTERM, signal.SIGHUP):  # like Ctrl-C: the command removes what it made for itself
            if signal.getsignal(number) != signal.SIG_IGN:  # `nohup slipway …` continues
                signal.signal(number, _stop)
    command = typer.main.get_command(app)  # and not `get_group`, which leaves shell completion out
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        words = expand_alias(arguments, Path(), getattr(command, "commands", ()))
    except AliasError as error:
        return refuse(error, arguments)
    return execute(command, words)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
