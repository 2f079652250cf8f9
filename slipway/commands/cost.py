"""`slipway cost`: what stacks cost a month."""

from __future__ import annotations

from typing import Annotated

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.options import list_stacks

app = create_group("What stacks cost a month.")

Stacks = Annotated[
    list[str] | None,
    typer.Option(
        "--stack",
        help="Only this stack; may be repeated. Default: all.",
        autocompletion=list_stacks,
        metavar="STACK",
    ),
]


@declare(
    app,
    "cost",
    examples=["cost", "cost --stack prod", "cost --stack staging --json"],
    statuses=(Status.FAILED, Status.MISSING),
    hints={Status.FAILED: "slipway config check"},
)
def cost(stack: Stacks = None) -> Report:
    """Show the monthly price of each resource that a stack file declares, and the budget. No account is needed.

    What has no price is named. With `DIGITALOCEAN_TOKEN` the prices of nodes are those that the API has now.
    """
    from delivery.commands.costs import show_costs

    return show_costs(stack or ())
