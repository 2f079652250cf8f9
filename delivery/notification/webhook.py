"""Post a message as JSON to a URL, for whatever takes it: a pager, another chat, a program of the team's."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from delivery.notification.message import Notification
from delivery.notification.webhook_address import hide_address, refuse_other
from delivery.outcome import DeliveryError

VARIABLE = "NOTIFICATION_WEBHOOK_URL"
TIMEOUT_SECONDS = 15.0


def send_webhook(notification: Notification, environment: Mapping[str, str]) -> bool:
    """Send it; returns False where NOTIFICATION_WEBHOOK_URL is not set.

    Raises:
        DeliveryError: the address is none, or its server did not take the message; the text has no part of it.
    """
    url = environment.get(VARIABLE, "").strip()
    if not url:
        return False
    refuse_other(url, VARIABLE)
    content = {
        "status": notification.status,
        "title": notification.subject,
        "text": notification.body,
        "url": notification.url,
    }
    try:
        # Redirects are not followed: the message would become a GET elsewhere, which some page answers with 200.
        reply = httpx.post(url, json=content, timeout=TIMEOUT_SECONDS, follow_redirects=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may have the address in it
        raise DeliveryError(hide_address(f"{type(error).__name__}: {error}", url)) from None
    if not reply.is_success:
        raise DeliveryError(f"the server of {VARIABLE} answers {reply.status_code}")
    return True
