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


@declare(
    app,
    "readiness",
    examples=["ci readiness", "ci readiness --release v1.4.0  # by the code that is checked out"],
    statuses=(Status.FAILED, Status.REFUSED, Status.MISSING),
)
def readiness(
    release: Annotated[
        str | None, typer.Option("--release", metavar="REVISION", help="Default: the working copy.")
    ] = None,
) -> Report:
    """Check whether a commit could be released. It fails when a condition does not hold."""
    from delivery.commands import gate

    return gate.check_release_readiness(release)


@declare(
    app,
    "gate",
    examples=["ci gate --release v1.4.0 --repo owner/name"],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
)
def gate(
    release: Annotated[
        str, typer.Option("--release", metavar="REVISION", help="The commit, tag or branch.")
    ] = "HEAD",
    without_attestations: Annotated[
        bool, typer.Option("--without-attestations", help="The repository's plan has none.")
    ] = False,
    repo: Repository = None,
) -> Report:
    """Establish the facts before a promotion, without secrets. It refuses when one does not hold."""
    from delivery.commands import gate

    return gate.gate(release, attestations=not without_attestations, repository=repo)


@declare(
    app,
    "checks",
    examples=[
        "ci checks --release v1.4.0 --repo owner/name",
        "ci checks --release HEAD --wait 3600  # ci of this commit may be at work still",
    ],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
)
def checks(
    release: Annotated[str, typer.Option("--release", metavar="REVISION", help="The commit, tag or branch.")],
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="NAME", help="A check that must succeed. Default: `required-checks`."),
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long checks at work may take still.")
    ] = 0,
    repo: Repository = None,
) -> Report:
    """Refuse a commit whose checks on GitHub did not succeed, or whose version tag was moved."""
    from delivery.commands import commit_checks
    from delivery.github.repository_settings import REQUIRED_CHECKS

    return commit_checks.check_commit(release, check or REQUIRED_CHECKS[:1], repo, wait_seconds=wait)


@declare(app, "sign", examples=["ci sign evidence"], statuses=(Status.FAILED, Status.MISSING))
def sign(
    evidence: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `stack deploy --evidence` wrote.")],
) -> Report:
    """Sign every image that the evidence names, as the workflow that runs."""
    from delivery.commands import releases

    return releases.sign(evidence)
