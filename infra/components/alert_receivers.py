"""Who hears of Prometheus' alerts, as Alertmanager's configuration: every receiver that the stack file names."""

from __future__ import annotations

from typing import Any

from infra.config.alerts import Alerts
from infra.config.secrets import MAIL_PASSWORD, SLACK_URL, WEBHOOK_URL
from infra.naming import Naming

SECRETS = "/run/alerts"  # where the pod has its secrets: none is in the configuration, nor in the release's values
TEXT = "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.action }}\n{{ end }}"


def list_alertmanager_config(settings: Alerts, naming: Naming) -> dict[str, Any]:
    """Return the whole configuration; secrets are read from files below `SECRETS`."""
    title = f"{naming.prefix}: {{{{ .CommonLabels.alertname }}}} {{{{ .Status }}}}"
    return {
        "enabled": True,  # the chart's own key
        "route": {
            "receiver": "team",
            "group_by": ["alertname", "service"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
        },
        "receivers": [
            {
                "name": "team",
                "slack_configs": _slack(settings, title),
                "webhook_configs": _webhook(settings),
                "email_configs": _emails(settings, title),
            }
        ],
        "templates": [],
    }


def _slack(settings: Alerts, title: str) -> list[dict[str, Any]]:
    if settings.slack_channel is None:
        return []
    file = f"{SECRETS}/{SLACK_URL}"
    return [
        {
            "api_url_file": file,
            "channel": settings.slack_channel,
            "send_resolved": True,
            "title": title,
            "text": TEXT,
        }
    ]


def _webhook(settings: Alerts) -> list[dict[str, Any]]:
    return [{"url_file": f"{SECRETS}/{WEBHOOK_URL}", "send_resolved": True}] if settings.webhook else []


def _emails(settings: Alerts, title: str) -> list[dict[str, Any]]:
    mail = settings.mail
    if mail is None:
        return []
    login = {} if mail.username is None else {"auth_username": mail.username, "auth_password_file": _password_file()}
    return [
        {
            "to": address,
            "from": mail.sender,
            "smarthost": mail.server,
            "require_tls": True,
            "send_resolved": True,
            "headers": {"Subject": title},
            "text": TEXT,
            **login,
        }
        for address in settings.emails
    ]


def _password_file() -> str:
    return f"{SECRETS}/{MAIL_PASSWORD}"
