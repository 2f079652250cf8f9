"""What DigitalOcean watches of the stack, and who hears of it: docs/adr/0013 says why these and not others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi

from infra.config.alerts import AlertLimits, Alerts
from infra.config.service import Service
from infra.naming import Naming
from infra.sdk import digitalocean

BUSY_PERCENT = 80  # of what the load balancer's nodes can do
REGIONS = ["us_east", "eu_west"]  # a host is down only where both say so: one alone may have lost its own way


@dataclass(frozen=True)
class UptimeRule:
    """An alert of an uptime check: milliseconds of latency, days of a certificate."""

    type: str
    period: str
    threshold: int | None = None
    comparison: str | None = None


@dataclass(frozen=True)
class Rule:
    """An alert of a metric, where it is above a value for as long as the window. Values are whole: the API rounds."""

    name: str
    type: str
    value: int
    window: str
    text: str


def list_uptime_rules(limits: AlertLimits) -> dict[str, UptimeRule]:
    """The alerts of each uptime check."""
    return {
        "down": UptimeRule("down_global", "2m"),
        "certificate": UptimeRule("ssl_expiry", "1h", limits.certificate_days, "less_than"),
        "latency": UptimeRule("latency", "5m", limits.latency_milliseconds, "greater_than"),
    }


def list_node_rules(limits: AlertLimits) -> list[Rule]:
    """The alerts of the nodes."""
    kind = "v1/insights/droplet"
    busy, full = "a node's CPU is busy; the autoscaler looks at requests only", "a node's disk is nearly full"
    return [
        Rule("cpu", f"{kind}/cpu", limits.node_cpu_percent, "30m", busy),
        Rule(
            "memory",
            f"{kind}/memory_utilization_percent",
            limits.node_memory_percent,
            "10m",
            "a node's memory is nearly used up",
        ),
        Rule("disk", f"{kind}/disk_utilization_percent", limits.node_disk_percent, "1h", full),
    ]


def list_load_balancer_rules(limits: AlertLimits) -> list[Rule]:
    """The alerts of the load balancer."""
    kind = "v1/insights/lbaas"
    return [
        Rule(
            "errors",
            f"{kind}/increase_in_http_error_rate_count_5xx",
            limits.load_balancer_errors,
            "5m",
            "answers with a status of 5xx",
        ),
        Rule("connections", f"{kind}/connection_utilization_percent", BUSY_PERCENT, "10m", "add loadBalancerNodes"),
        Rule(
            "tls",
            f"{kind}/tls_connections_per_second_utilization_percent",
            BUSY_PERCENT,
            "10m",
            "add loadBalancerNodes",
        ),
    ]


def list_database_rules(limits: AlertLimits) -> list[Rule]:
    """The alerts of a managed database."""
    kind, text = "v1/dbaas/alerts", "a larger size is due"
    return [
        Rule("cpu", f"{kind}/cpu_alerts", limits.database_cpu_percent, "30m", text),
        Rule("memory", f"{kind}/memory_utilization_alerts", limits.database_memory_percent, "30m", text),
        Rule("disk", f"{kind}/disk_utilization_alerts", limits.database_disk_percent, "30m", text),
    ]


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """`services` are watched where they have a host; `databases` are ids of managed ones by engine."""

    naming: Naming
    settings: Alerts
    slack_url: pulumi.Output[str] | None
    services: list[Service]
    cluster_id: pulumi.Output[str]
    load_balancer_id: pulumi.Output[str] | None
    databases: Mapping[str, pulumi.Output[str]]


class Monitoring(pulumi.ComponentResource):
    """Uptime checks of the hosts, and alerts of nodes, load balancer and databases."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:monitoring:Monitoring", name, {}, opts)
        for service in args.services:
            if service.host:
                self._watch_host(service.host, service.ready_path or "/", args)
        tag = args.cluster_id.apply(lambda known: f"k8s:{known}")  # DOKS gives it to each node
        limits = args.settings.limits
        self._watch("nodes", list_node_rules(limits), args, tags=[tag])
        if args.load_balancer_id is not None:
            self._watch("load-balancer", list_load_balancer_rules(limits), args, entities=[args.load_balancer_id])
        for engine, identity in args.databases.items():
            self._watch(engine, list_database_rules(limits), args, entities=[identity])
        self.register_outputs({})

    def _watch_host(self, host: str, path: str, args: MonitoringArgs) -> None:
        check = digitalocean.UptimeCheck(
            host,
            name=f"{args.naming.prefix} {host}",
            type="https",
            target=f"https://{host}{path}",
            regions=REGIONS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        for rule_name, rule in list_uptime_rules(args.settings.limits).items():
            digitalocean.UptimeAlert(
                f"{host}-{rule_name}",
                name=f"{args.naming.prefix} {host} {rule_name}",
                check_id=check.id,
                type=rule.type,
                period=rule.period,
                threshold=rule.threshold,
                comparison=rule.comparison,
                notifications=[
                    digitalocean.UptimeAlertNotificationArgs(
                        emails=args.settings.emails,
                        slacks=[
                            digitalocean.UptimeAlertNotificationSlackArgs(channel=channel, url=url)
                            for channel, url in _slacks(args)
                        ],
                    )
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _watch(
        self,
        subject: str,
        rules: list[Rule],
        args: MonitoringArgs,
        *,
        tags: list[pulumi.Output[str]] | None = None,
        entities: list[pulumi.Output[str]] | None = None,
    ) -> None:
        for rule in rules:
            digitalocean.MonitorAlert(
                f"{subject}-{rule.name}",
                description=f"{args.naming.prefix} {subject} {rule.name} above {rule.value}: {rule.text}",
                type=rule.type,
                compare="GreaterThan",
                value=rule.value,
                window=rule.window,
                enabled=True,
                tags=tags,
                entities=entities,
                alerts=digitalocean.MonitorAlertAlertsArgs(
                    emails=args.settings.emails,
                    slacks=[
                        digitalocean.MonitorAlertAlertsSlackArgs(channel=channel, url=url)
                        for channel, url in _slacks(args)
                    ],
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )


def _slacks(args: MonitoringArgs) -> Iterator[tuple[str, pulumi.Output[str]]]:
    if args.settings.slack_channel and args.slack_url is not None:
        yield args.settings.slack_channel, args.slack_url
