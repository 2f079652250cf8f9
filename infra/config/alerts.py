"""The parts of a stack file that say what is watched, who hears of it, and where logs go."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.config.network_types import EmailAddress, LogUrl, MailServer
from infra.config.section import Section
from infra.config.types import AlertPercent, CertificateDays, MostErrors, MostMilliseconds, MostRestarts, SlackChannel


class AlertLimits(Section):
    """Above which values there is an alert. docs/alerts.md has the reason of each default."""

    certificate_days: CertificateDays = 14
    """Of a public host's certificate: fewer days than these are left."""
    latency_milliseconds: MostMilliseconds = 1000
    """Of a whole request to a public host from another continent, for 5 minutes."""
    load_balancer_errors: MostErrors = 25
    """Answers with a status of 5xx in 5 minutes."""
    node_cpu_percent: AlertPercent = 90
    """Of a node's CPU, for 30 minutes."""
    node_memory_percent: AlertPercent = 90
    """Of a node's memory, for 10 minutes."""
    node_disk_percent: AlertPercent = 87
    """Of a node's disk, for an hour."""
    database_cpu_percent: AlertPercent = 90
    """Of a managed database's CPU, for 30 minutes."""
    database_memory_percent: AlertPercent = 90
    """Of a managed database's memory, for 30 minutes."""
    database_disk_percent: AlertPercent = 80
    """Of the disk of a managed database for 30 minutes, or of a volume in the cluster for 15."""
    restarts: MostRestarts = 3
    """Restarts of one container in 15 minutes; needs `slipway:addons.prometheus`."""
    failed_percent: AlertPercent = 5
    """Of a service's answers those with a status of 5xx, for 5 minutes; needs `slipway:addons.prometheus`."""
    p95_milliseconds: MostMilliseconds = 1000
    """The 95th percentile of a service's time to answer, for 10 minutes; needs `slipway:addons.prometheus`."""


class Mail(Section):
    """The mail server by which alerts from inside the cluster are sent to `alerts.emails`."""

    server: MailServer
    """The server and its port; it must offer STARTTLS."""
    sender: EmailAddress = Field(alias="from")
    """The address that they come from."""
    username: str | None = None
    """The name to sign in with; the password is the secret `alerts.mailPassword`. null: without signing in."""


class Alerts(Section):
    """What is watched, and who hears of it; without a receiver nothing is watched."""

    emails: list[EmailAddress] = Field(default_factory=list)
    """Addresses of members of DigitalOcean's team: it sends to no others."""
    slack_channel: SlackChannel | None = None
    """The channel of Slack; the URL of its webhook is the secret `alerts.slackUrl`."""
    webhook: bool = False
    """Whether alerts from inside the cluster are posted to a URL, which is the secret `alerts.webhookUrl`."""
    mail: Mail | None = None
    """The mail server for alerts from inside the cluster; null: they go to Slack or the webhook alone."""
    limits: AlertLimits = Field(default_factory=AlertLimits)
    """Above which values there is an alert."""

    @property
    def has_receivers(self) -> bool:
        """Whether somebody hears of what DigitalOcean watches."""
        return bool(self.emails or self.slack_channel)

    @property
    def has_receivers_inside(self) -> bool:
        """Whether somebody hears of what Prometheus watches in the cluster."""
        return bool(self.webhook or self.slack_channel or (self.emails and self.mail))


class LogDestination(Section):
    """Where the logs of services and databases go."""

    kind: Literal["http", "loki", "opentelemetry", "datadog", "syslog"]
    """What takes them: JSON lines or OpenTelemetry over HTTP, Loki, Datadog, or a syslog server."""
    url: LogUrl
    """Where it is; of Datadog the intake of your site."""
    token: bool = False
    """Whether the secret `logs.token` is sent: as Datadog's API key, or else as `Authorization: Bearer`."""


class Logs(Section):
    """What becomes of logs; those of running pods can always be read by `slipway logs`."""

    forward_to: LogDestination | None = None
    """Where logs are sent; null: they are on the nodes alone, until the pods are gone."""
