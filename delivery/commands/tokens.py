"""Whether a DigitalOcean token has the scopes that it needs."""

from __future__ import annotations

from delivery.account import token_check, token_scopes
from delivery.account.connection import SOURCE_TOKEN
from delivery.account.digitalocean import DigitalOcean
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import MissingError, RefusedError, Report
from delivery.stack.configuration import read_configuration

PROMOTION = "promotion"  # what its token is for: to read staging's registry


def check_token(stack: str, purpose: str | None) -> Report:
    """Try every scope; status 5 when one is missing, 3 when a token that must not change anything could.

    Args:
        purpose: preview, drift, cleanup, preview-environments or promotion; None: the token that deploys.
    """
    named = {None: stack, "preview": f"preview-{stack}"}.get(purpose, purpose)
    environment = token_scopes.ENVIRONMENTS[str(named)]
    with _account(purpose) as account:
        rights = token_check.find_rights(account, environment.scopes | environment.forbidden)
    unknown = sorted(rights.unknown & environment.scopes)
    if unknown:
        print(f"could not be checked in this account yet: {', '.join(unknown)}")
    if missing := sorted(rights.absent & environment.scopes):
        raise MissingError(
            f"the token for {named} lacks {', '.join(missing)}; docs/production.md lists what it needs"
        )
    if excess := sorted(rights.present & environment.forbidden):
        raise RefusedError(f"the token for {named} must not have {', '.join(excess)}: make one without")
    scopes = sorted(environment.scopes & rights.present)
    print(f"the token has all {len(scopes)} scopes that {named} needs")
    return Report(facts={"environment": named, "scopes": scopes, "unknown": unknown})


def _account(purpose: str | None) -> DigitalOcean:
    """The account of the token that is checked: staging's where its registry is to be read."""
    if purpose != PROMOTION:
        return DigitalOcean()
    return DigitalOcean(SOURCE_TOKEN, StackRegistry.of("staging", read_configuration("staging")).endpoint)
