"""Checks of what a stack file says of alerts and logs that look at more than one value."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from infra.config.schema import StackSettings

SYSLOG_SCHEMES = {"tls", "tcp"}
BEARERS = {"http", "loki", "opentelemetry", "datadog"}  # kinds of log destination that a token can be sent to


def find_alert_problems(settings: StackSettings) -> Iterator[str]:
    """Yield every contradiction, each as a sentence."""
    alerts, prometheus = settings.alerts, settings.addons.prometheus
    if prometheus and not alerts.has_receivers_inside:
        yield (
            "slipway:addons.prometheus is true and nobody hears of what it finds; write slipway:alerts.slackChannel, "
            "webhook: true, or mail beside emails"
        )
    if alerts.webhook and not prometheus:
        yield (
            "slipway:alerts.webhook is true and nothing posts to it, as DigitalOcean's alerts go to e-mail and Slack "
            "only; write slipway:addons.prometheus: true, or webhook: false"
        )
    if alerts.mail and not (prometheus and alerts.emails):
        yield (
            "slipway:alerts.mail is for alerts from inside the cluster, and there are none to send; write "
            "slipway:addons.prometheus: true and slipway:alerts.emails, or mail: null"
        )
    yield from _logs(settings)


def _logs(settings: StackSettings) -> Iterator[str]:
    destination = settings.logs.forward_to
    if destination is None:
        return
    key, parts = "slipway:logs.forwardTo", urlsplit(destination.url)
    syslog = destination.kind == "syslog"
    if (parts.scheme in SYSLOG_SCHEMES) is not syslog:
        wanted = "tls://logs.acme.com:6514" if syslog else "https://logs.acme.com/…"
        yield f"{key}.url is {destination.url!r}, which is none of a {destination.kind}; write one such as {wanted}"
    if syslog and parts.port is None:
        yield f"{key}.url is {destination.url!r} and has no port; write one such as {destination.url}:6514"
    if destination.token and destination.kind not in BEARERS:
        yield f"{key}.token is true, and syslog sends none; write false"
    if destination.kind == "datadog" and not destination.token:
        yield f"{key}.token is false, and Datadog takes nothing without its API key; write true"
    if destination.token and parts.scheme == "http":
        yield f"{key}.url is {destination.url!r}, which would send the token in clear; write https://…"
