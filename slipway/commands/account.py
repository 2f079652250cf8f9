"""`slipway account`: what is set up once, on DigitalOcean and on GitHub."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.options import Apply, DigitalOceanStack, Repository

app = create_group("Accounts: check a DigitalOcean token, set up the repository on GitHub.")


@declare(
    app,
    "check-token",
    examples=[
        "account check-token --stack staging  # the token that deploys",
        "account check-token --stack prod --for promotion  # in STAGING_REGISTRY_TOKEN",
    ],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
)
def check_token(
    stack: DigitalOceanStack,
    purpose: Annotated[
        Literal["preview", "drift", "cleanup", "preview-environments", "promotion"] | None,
        typer.Option(
            "--for",
            help="What the token is for, if not to deploy: `preview` may read only; `drift` reads credentials, too; "
            "`cleanup` removes images; `preview-environments` pushes and removes them; `promotion`, in "
            "`STAGING_REGISTRY_TOKEN`, reads staging's registry.",
        ),
    ] = None,
) -> Report:
    """Check that `DIGITALOCEAN_TOKEN` has the scopes that a stack needs, and no others where it may only read."""
    from delivery.commands import tokens

    return tokens.check_token(stack, purpose)


@declare(
    app,
    "setup-github",
    examples=[
        "account setup-github --reviewer ada --repo owner/name  # what is missing",
        "account setup-github --reviewer ada --reviewer acme/operations --repo acme/shop --apply",
    ],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
)
def setup_github(
    *,
    reviewer: Annotated[
        list[str] | None,
        typer.Option("--reviewer", metavar="LOGIN|ORG/TEAM", help="Who approves production; may be repeated."),
    ] = None,
    merge_queue: Annotated[
        bool,
        typer.Option("--merge-queue", help="Have a queue merge pull requests, each tried with the others."),
    ] = False,
    repo: Repository = None,
    apply: Apply = False,
) -> Report:
    """Create environments, reviewers and rules of the repository on GitHub, and list the secrets that it lacks.

    Reviewers, timers and rules that are there already stay.
    """
    from delivery.commands import repository
    from delivery.github.setup import SetupRequest

    request = SetupRequest(reviewers=tuple(reviewer or ()), merge_queue=merge_queue)
    return repository.set_up_github(request, repo, apply=apply)
