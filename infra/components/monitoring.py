"""What DigitalOcean watches of the stack, and who hears of it: docs/adr/0013 says why these and not others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi

from infra.config import schema
from infra.config.service import Service
from infra.naming import Naming
from infra.sdk import digitalocean

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


UPTIME_RULES = {
    "down": UptimeRule("down_global", "2m"),
    # DigitalOcean renews 30 days before the end: at 14 it has failed for a while. The smoke test has the same number.
    "certificate": UptimeRule("ssl_expiry", "1h", 14, "less_than"),
    # Of a whole request from another continent, which takes 200 to 300 ms when all is well.
    "latency": UptimeRule("latency", "5m", 1000, "greater_than"),
}
NODE_RULES = [
    Rule("cpu", "v1/insights/droplet/cpu", 90, "30m", "a node's CPU is busy; the autoscaler looks at requests only"),
    # A kubelet evicts pods where less than 100 MiB is available: 97 % of a 4 GB node.
    Rule("memory", "v1/insights/droplet/memory_utilization_percent", 90, "10m", "a node's memory is nearly used up"),
    # A kubelet removes unused images at 85 %, and evicts pods at 90 %: above 87 % for an hour, removing did not help.
    Rule("disk", "v1/insights/droplet/disk_utilization_percent", 87, "1h", "a node's disk is nearly full"),
]
LOAD_BALANCER_RULES = [
    # A rollout of this program loses no request, so that any number is a fault; a few may be a client's own.
    Rule(
        "errors", "v1/insights/lbaas/increase_in_http_error_rate_count_5xx", 25, "5m", "answers with a status of 5xx"
    ),
    Rule("connections", "v1/insights/lbaas/connection_utilization_percent", 80, "10m", "add loadBalancerNodes"),
    Rule(
        "tls", "v1/insights/lbaas/tls_connections_per_second_utilization_percent", 80, "10m", "add loadBalancerNodes"
    ),
]
DATABASE_RULES = [
    Rule("cpu", "v1/dbaas/alerts/cpu_alerts", 90, "30m", "a larger size is due"),
    Rule("memory", "v1/dbaas/alerts/memory_utilization_alerts", 90, "30m", "a larger size is due"),
    # Below the 95 % at which DigitalOcean makes a PostgreSQL cluster read-only.
    Rule("disk", "v1/dbaas/alerts/disk_utilization_alerts", 80, "30m", "a larger size is due"),
]


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """`services` are watched where they have a host; `databases` are ids of managed ones by engine."""

    naming: Naming
    settings: schema.Alerts
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
        self._watch("nodes", NODE_RULES, args, tags=[tag])
        if args.load_balancer_id is not None:
            self._watch("load-balancer", LOAD_BALANCER_RULES, args, entities=[args.load_balancer_id])
        for engine, identity in args.databases.items():
            self._watch(engine, DATABASE_RULES, args, entities=[identity])
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
        for rule_name, rule in UPTIME_RULES.items():
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
