"""Send a message to every channel that is configured; silent where none is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from delivery.notification.mail import send_mail
from delivery.notification.message import Notification
from delivery.notification.slack import send_slack
from delivery.notification.webhook import send_webhook
from delivery.outcome import DeliveryError, MissingError
from delivery.redaction import redacted

CHANNELS = (("Slack", send_slack), ("e-mail", send_mail), ("webhook", send_webhook))


def send(notification: Notification, environment: Mapping[str, str] | None = None) -> list[str]:
    """Send it wherever something is configured; returns where it went.

    Args:
        environment: SLACK_WEBHOOK_URL for Slack; SMTP_HOST, SMTP_FROM and SMTP_TO for e-mail, with SMTP_PORT,
            SMTP_USERNAME and SMTP_PASSWORD where the server asks for them; NOTIFICATION_WEBHOOK_URL for a webhook.
            None: the process's own.

    Raises:
        MissingError: a channel is half configured; the others were tried as well.
        DeliveryError: a channel failed, or refused a recipient; the others were tried as well.
    """
    variables = os.environ if environment is None else environment
    sent: list[str] = []
    failures: list[str] = []
    error_type: type[DeliveryError] = MissingError
    for name, channel in CHANNELS:
        try:
            if channel(notification, variables):
                sent.append(name)
        except DeliveryError as error:
            failures.append(f"{name}: {error}")
            error_type = error_type if isinstance(error, MissingError) else DeliveryError
        except Exception as error:  # noqa: BLE001 - one channel's defect must not silence the others
            failures.append(f"{name}: {type(error).__name__}: {error}")
            error_type = DeliveryError
    if failures:
        reached = f"; notified by {' and '.join(sent)}" if sent else ""
        raise error_type(redacted(f"not sent: {'; '.join(failures)}{reached}", variables))
    return sent
