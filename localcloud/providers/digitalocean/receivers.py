"""Who is notified by an alert: e-mail addresses and Slack channels, which two resource types have in common."""

from __future__ import annotations

from localcloud.providers.digitalocean.client import Body
from localcloud.providers.resource_type import Input, Properties

SLACK = {"channel": Input(required=True), "url": Input(required=True)}
RECEIVERS = {"emails": Input(), "slacks": Input(properties=SLACK)}


def to_body(receivers: Properties) -> Body:
    """As the API spells them."""
    slacks = [{key: slack[key] for key in SLACK} for slack in receivers.get("slacks") or []]
    return {"email": list(receivers.get("emails") or []), "slack": slacks}


def to_inputs(body: Body | None) -> Properties:
    """As a program spells them; those that the API has none of are left out."""
    emails = [email for email in (body or {}).get("email") or [] if email]
    slacks = [{key: slack[key] for key in SLACK} for slack in (body or {}).get("slack") or []]
    return {**({"emails": emails} if emails else {}), **({"slacks": slacks} if slacks else {})}
