"""What a registry's refusal means, and what to do about it."""

from __future__ import annotations

import re

import requests
from dxf.exceptions import DXFDigestMismatchError, DXFError

from delivery.images.manifest import SHOWN
from delivery.images.registry_client import SERVER_ERROR, TOO_MANY_REQUESTS, find_pause
from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError
from infra.runbook import describe_entry, find_entry
from infra.source.registry_login import Login

REFUSED = {401, 403}
NOT_FOUND = 404
QUERY = re.compile(r"\?\S+")  # of a URL: storage behind a registry has its signature there


def describe_error(error: Exception, name: str, reference: str, login: Login | None) -> DeliveryError:
    """The error that says what to do about one of requests or dxf.

    Args:
        name: of the repository.
        reference: what was asked for.
        login: that DigitalOcean gave for it; None: the Docker configuration's was used.
    """
    response = None if isinstance(error, requests.TooManyRedirects) else getattr(error, "response", None)
    if isinstance(error, DXFDigestMismatchError):
        return DeliveryError(f"{name}: {reference} holds something else: the registry cannot be trusted")
    if response is not None and (entry := find_entry(response.text)):
        return RefusedError(f"{name}: {shorten(response.text)}; {describe_entry(entry)}")
    if isinstance(error, DXFError) or (response is not None and response.status_code in REFUSED):
        advice = (
            "the login that DigitalOcean gave for it does not suffice"
            if login
            else "log in first: `doctl registry login`"
        )
        return MissingError(f"{name}: no right to {reference}; {advice}")
    if response is None or response.status_code >= SERVER_ERROR:
        return UnreachableError(f"{name}: the registry does not answer for {reference}: {shorten(error)}")
    return describe_status(response, name, reference)


def describe_status(response: requests.Response, name: str, reference: str) -> DeliveryError:
    """The error for an answer with a status that is neither a missing right nor the registry's own failure."""
    if response.status_code == NOT_FOUND:
        return RefusedError(f"{name} does not hold {reference}")
    if response.status_code == TOO_MANY_REQUESTS:
        pause = find_pause(response)
        when = f"after {pause:.0f} s" if pause else "later"
        return UnreachableError(f"{name}: the registry takes no more requests for now; try again {when}")
    text = shorten(response.text)
    return DeliveryError(f"{name}: the registry answers {response.status_code} for {reference}: {text}")


def shorten(text: object) -> str:
    """The beginning of a text on one line, without the query of a URL."""
    return " ".join(QUERY.sub("", str(text)).split())[:SHOWN]
