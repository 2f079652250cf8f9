"""Whether a stack's services are in maintenance: `slipway maintenance on` marks the answers of its page."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

HEADER = "Slipway-Maintenance"
PATH = "/slipway-maintenance"  # no health path, which leads to the service itself
REQUEST_SECONDS = 5.0


def find_pages(urls: Mapping[str, str]) -> set[str]:
    """Return the services that show a maintenance page. One that does not answer shows none.

    Args:
        urls: where services answer, by name.
    """
    return {name for name, url in urls.items() if find_other_answer(url) is None}


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
