"""Whether a stack's services are in maintenance: `slipway maintenance on` marks the answers of its page."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from delivery.outcome import RefusedError

HEADER = "Slipway-Maintenance"
REQUEST_SECONDS = 5.0


def refuse_during_maintenance(stack: str, urls: Mapping[str, str]) -> None:
    """Refuse a deploy whose checks would find the page instead of the service.

    Args:
        urls: where services answer, by name. One that does not answer is not in maintenance.

    Raises:
        RefusedError: a service is in maintenance.
    """
    found = [name for name, url in urls.items() if _is_in_maintenance(url)]
    if found:
        raise RefusedError(
            f"{', '.join(found)} of {stack} shows a maintenance page, so a release could not be verified, and "
            f"nothing was changed; end it with `slipway maintenance off --stack {stack} --service {found[0]}`"
        )


def _is_in_maintenance(url: str) -> bool:
    try:
        return HEADER in httpx.head(url, timeout=REQUEST_SECONDS).headers
    except httpx.HTTPError:
        return False
