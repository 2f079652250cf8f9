"""`slipway maintenance`: a page instead of a service."""

from __future__ import annotations

from typing import Annotated

import typer

from delivery.outcome import Report
from slipway.declaration import create_group, declare
from slipway.options import ASKS_CLUSTER, AddressedService, AnyStack

app = create_group("Show people a page instead of a service, while it is worked on.")


@declare(
    app,
    "on",
    examples=[
        "maintenance on --service chatbot-frontend --message 'Back at 14:00 UTC.'",
        "maintenance on --stack prod --service chatbot-frontend --retry-after 1800",
    ],
    statuses=ASKS_CLUSTER,
    streams=True,
)
def on(
    service: AddressedService = None,
    stack: AnyStack = "local",
    message: Annotated[
        str, typer.Option("--message", metavar="TEXT", help="What people read, as plain text.")
    ] = "We are working on it, and are back soon.",
    retry_after: Annotated[
        int, typer.Option("--retry-after", metavar="SECONDS", min=1, max=86_400, help="When programs may ask again.")
    ] = 300,
) -> Report:
    """Answer requests from outside with status 503 and a page, except those for the service's health paths.

    Its pods keep running. Until `slipway maintenance off`, automatic deploys are refused; a deploy or a rollback by
    a person is verified at the service's pods. A page is refused while an update of the stack is in progress, or the
    service has a canary.
    """
    from operations.maintenance_commands import show_maintenance_page

    return show_maintenance_page(stack, service, message, retry_after)


@declare(
    app,
    "off",
    examples=["maintenance off --service chatbot-frontend"],
    statuses=ASKS_CLUSTER,
    streams=True,
)
def off(service: AddressedService = None, stack: AnyStack = "local") -> Report:
    """Have the service answer again."""
    from operations.maintenance_commands import remove_maintenance_page

    return remove_maintenance_page(stack, service)
