"""`slipway ci`, for deploy.yml and rollback.yml: what is deployed where, who approved it, and what waits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.options import DigitalOceanStack, Repository

app = create_group("What is deployed where, who approved it, and what waits.")

ASKS_GITHUB = (Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING)


@declare(
    app,
    "plan",
    examples=["ci plan --pushed develop --release 3f2a91c4d5e6", "ci plan --stack prod --release v1.4.0"],
    statuses=(Status.REFUSED, Status.MISSING),
)
def plan(
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="STACK", help="Where to, when a person says so.")
    ] = None,
    release: Annotated[
        str | None,
        typer.Option("--release", metavar="REVISION", help="Default: the newest commit of staging's branch."),
    ] = None,
    pushed: Annotated[
        str | None, typer.Option("--pushed", metavar="BRANCH", help="The branch whose ci passed.")
    ] = None,
) -> Report:
    """Print what is deployed where, and set it as outputs of the step. A branch that no stack runs: nothing."""
    from delivery.commands import deploys

    return deploys.plan(stack, release, pushed)


@declare(
    app,
    "check-approval",
    examples=["ci check-approval --environment production --version v1.4.0"],
    statuses=ASKS_GITHUB,
)
def check_approval(
    environment: Annotated[str, typer.Option("--environment", metavar="NAME", help="What the run asked to use.")],
    version: Annotated[
        str | None, typer.Option("--version", metavar="TAG", help="Who pushed it asked for the deploy, too.")
    ] = None,
    repo: Repository = None,
) -> Report:
    """Check that this run was approved by someone who neither started it nor pushed the version's tag."""
    from delivery.commands import deploys

    return deploys.check_approval(environment, version, repo)


@declare(
    app,
    "cancel-waiting",
    examples=["ci cancel-waiting --stack prod --until-started rollback"],
    statuses=ASKS_GITHUB,
    streams=True,
)
def cancel_waiting(
    stack: DigitalOceanStack,
    until_started: Annotated[
        str, typer.Option("--until-started", metavar="JOB", help="The job of this run that needs the stack.")
    ],
    repo: Repository = None,
) -> Report:
    """Cancel the deploys to a stack that wait for an approval, so that a rollback does not wait behind them."""
    from delivery.commands import deploys

    return deploys.cancel_waiting(stack, until_started, repo)


@declare(
    app,
    "verify-signatures",
    examples=["ci verify-signatures staged --stack staging"],
    statuses=ASKS_GITHUB,
)
def verify_signatures(
    evidence: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `stack deploy --evidence` wrote.")],
    stack: DigitalOceanStack = "staging",
    repo: Repository = None,
) -> Report:
    """Check that this repository's deploy workflow signed every image that the evidence names."""
    from delivery.commands import deploys

    return deploys.verify_signatures(evidence, stack, repo)
