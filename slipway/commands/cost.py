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
    examples=[
        "cost",
        "cost --stack staging --json",
        "cost --stack prod --spent  # is this month's bill above the budget?",
    ],
    statuses=(Status.FAILED, Status.UNREACHABLE, Status.MISSING),
)
def cost(
    stack: Stacks = None,
    spent: Annotated[
        bool,
        typer.Option("--spent", help="Ask what the account has spent this month; above the budget it fails."),
    ] = False,
) -> Report:
    """Show the monthly price of each resource that a stack file declares, and the budget. No account is needed.

    What has no price is named. With `DIGITALOCEAN_TOKEN` the prices of nodes are those that the API has now.
    """
    from delivery.commands.costs import compare_spending, show_costs

    if not spent:
        return show_costs(stack or ())
    if stack is None or len(stack) != 1:
        raise typer.BadParameter("an account has one stack; write one", param_hint="--stack")
    return compare_spending(stack[0])
