"""Notify people by Slack and e-mail; silent where nothing is configured."""

from __future__ import annotations

import json
import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage

from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from delivery.outcome import DeliveryError, MissingError
from delivery.redaction import redacted

TIMEOUT_SECONDS = 15
SMTP_PORT = 587  # submission, RFC 6409; with STARTTLS
SIGNS = {"success": "✅", "failure": "❌", "cancelled": "⏹️", "returned": "↩️", "skipped": "⏭️"}


@dataclass(frozen=True)
class Notification:
    """One message.

    Attributes:
        status: of SIGNS.
        url: where to read on.
    """

    status: str
    title: str
    text: str
    url: str | None

    @property
    def subject(self) -> str:
        return redacted(f"{SIGNS.get(self.status, '')} {self.title}".strip()).replace("\n", " ")

    @property
    def body(self) -> str:
        return redacted("\n".join(part for part in (self.text, self.url) if part))


def worst(results: str) -> str:
    """The worst result of a workflow's jobs, as a status.

    Raises:
        MissingError: the text is not what `toJSON(needs)` gives.
    """
    try:
        found = {job["result"] for job in json.loads(results).values()}
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise MissingError(f"--results is not toJSON(needs): {error!r}") from error
    return next((status for status in ("failure", "cancelled", "success") if status in found), "skipped")


def send(notification: Notification, environment: Mapping[str, str] | None = None) -> list[str]:
    """Send it wherever something is configured; returns where it went.

    SLACK_WEBHOOK_URL for Slack. SMTP_HOST, SMTP_FROM and SMTP_TO for e-mail; SMTP_PORT, SMTP_USERNAME and
    SMTP_PASSWORD where the server asks for them.

    Raises:
        MissingError: a channel is half configured.
        DeliveryError: a channel refused it; the others were tried as well.
    """
    variables = os.environ if environment is None else environment
    sent, failures = [], []
    for name, channel in (("Slack", _slack), ("e-mail", _mail)):
        try:
            if channel(notification, variables):
                sent.append(name)
        except (OSError, smtplib.SMTPException, SlackClientError) as error:
            failures.append(redacted(f"{name}: {type(error).__name__}: {error}", variables))
    if failures:
        raise DeliveryError("not sent: " + "; ".join(failures))
    return sent


def _slack(notification: Notification, environment: Mapping[str, str]) -> bool:
    url = environment.get("SLACK_WEBHOOK_URL")
    if not url:
        return False
    reply = WebhookClient(url, timeout=TIMEOUT_SECONDS).send(text=f"*{notification.subject}*\n{notification.body}")
    if reply.status_code != 200:  # noqa: PLR2004 - what Slack answers when it took it
        raise OSError(f"Slack answers {reply.status_code}: {reply.body[:100]}")
    return True


def _mail(notification: Notification, environment: Mapping[str, str]) -> bool:
    wanted = {name: environment.get(name, "") for name in ("SMTP_HOST", "SMTP_FROM", "SMTP_TO")}
    if not any(wanted.values()):
        return False
    if missing := [name for name, value in wanted.items() if not value]:
        raise MissingError(f"e-mail is half configured: {', '.join(missing)} is not set")
    message = EmailMessage()
    message["Subject"] = notification.subject
    message["From"], message["To"] = wanted["SMTP_FROM"], wanted["SMTP_TO"]
    message.set_content(notification.body or notification.subject)
    port = int(environment.get("SMTP_PORT") or SMTP_PORT)
    with smtplib.SMTP(wanted["SMTP_HOST"], port, timeout=TIMEOUT_SECONDS) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if user := environment.get("SMTP_USERNAME"):
            if not isinstance(server.sock, ssl.SSLSocket):
                raise MissingError(f"{wanted['SMTP_HOST']} offers no TLS: the password is not sent to it in clear")
            server.login(user, environment.get("SMTP_PASSWORD", ""))
        server.send_message(message)
    return True
