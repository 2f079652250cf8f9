"""Whether a stack's services are in maintenance: `slipway maintenance on` marks the answers of its page."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from delivery.outcome import RefusedError

HEADER = "Slipway-Maintenance"
PATH = "/slipway-maintenance"  # no health path, which leads to the service itself
REQUEST_SECONDS = 5.0


def refuse_during_maintenance(stack: str, urls: Mapping[str, str]) -> None:
    """Refuse a deploy whose checks would find the page instead of the service.

    Args:
        urls: where services answer, by name. One that does not answer is not in maintenance.

    Raises:
        RefusedError: a service is in maintenance.
    """
    found = [name for name, url in urls.items() if find_other_answer(url) is None]
    if found:
        raise RefusedError(
            f"{', '.join(found)} of {stack} shows a maintenance page, so a release could not be verified, and "
            f"nothing was changed; end it with `slipway maintenance off --stack {stack} --service {found[0]}`"
        )


def find_other_answer(url: str) -> str | None:
    """Return what a service answers instead of its maintenance page: a status, or an error; None: the page answers.

    Args:
        url: of the service.
    """
    try:
        reply = httpx.head(url.rstrip("/") + PATH, timeout=REQUEST_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{type(error).__name__}: {error}"
    return None if HEADER in reply.headers else f"status {reply.status_code}"
