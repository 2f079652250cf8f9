"""What Prometheus reports of a stack's services and volumes, as its alerting rules."""

from __future__ import annotations

from typing import Any

from infra.config.alerts import AlertLimits
from infra.config.probes import PROBES, ROUTE_LABELS

JOB = "services"  # the scrape job of the services' own metrics
# Of users alone: probes are many, and answer fast. A metric without such a label is of users, too.
OF_USERS = ",".join([f'job="{JOB}"', *(f'{label}!~"{"|".join(sorted(PROBES))}"' for label in ROUTE_LABELS)])
LEAST_REQUESTS = 20  # in 5 minutes: a share or a percentile of fewer says little


def list_rule_groups(limits: AlertLimits, namespace: str) -> dict[str, Any]:
    """Return the content of a rule file.

    The services' metrics are those of chassis (`http_requests_total` by status, `http_request_seconds`), which
    `verify.behaviour` reads, too. Probes' requests are left out. A service without these metrics is watched for
    restarts and stuck rollouts alone.
    """
    return {
        "groups": [
            {"name": "pods", "rules": _list_pod_rules(limits, namespace)},
            {"name": "requests", "rules": _list_request_rules(limits)},
            {"name": "volumes", "rules": _list_volume_rules(limits, namespace)},
        ]
    }


def _list_pod_rules(limits: AlertLimits, namespace: str) -> list[dict[str, Any]]:
    restarts = f'kube_pod_container_status_restarts_total{{namespace="{namespace}"}}'
    unavailable = f'kube_deployment_status_replicas_unavailable{{namespace="{namespace}"}}'
    return [
        _rule(
            "ContainerRestarts",
            # Not increase(), which estimates: a number of restarts is exact.
            f"max_over_time({restarts}[15m]) - min_over_time({restarts}[15m]) >= {limits.restarts}",
            summary="{{ $labels.container }} of {{ $labels.pod }} was restarted {{ $value }} times in 15 minutes",
            action="slipway logs --previous; docs/runbook.md",
        ),
        _rule(
            "RolloutStuck",
            f"{unavailable} > 0",
            wait="15m",
            summary="{{ $labels.deployment }} has had {{ $value }} pods that are not ready for 15 minutes",
            action="slipway status",
        ),
    ]


def _list_request_rules(limits: AlertLimits) -> list[dict[str, Any]]:
    requests = f"http_requests_total{{{OF_USERS}}}"
    failed = f'http_requests_total{{{OF_USERS},status=~"5.."}}'
    seconds = f"http_request_seconds_bucket{{{OF_USERS}}}"
    enough = f"sum by (service) (increase({requests}[5m])) >= {LEAST_REQUESTS}"
    share = f"100 * sum by (service) (rate({failed}[5m])) / sum by (service) (rate({requests}[5m]))"
    p95 = f"1000 * histogram_quantile(0.95, sum by (service, le) (rate({seconds}[5m])))"
    return [
        _rule(
            "FailedAnswers",
            f"({share} > {limits.failed_percent}) and ({enough})",
            wait="5m",
            summary='{{ $labels.service }} answers {{ $value | printf "%.1f" }} % of requests with a status of 5xx',
            action="slipway logs --service {{ $labels.service }} --grep 'status=5'",
        ),
        _rule(
            "SlowAnswers",
            f"({p95} > {limits.p95_milliseconds}) and ({enough})",
            wait="10m",
            summary='{{ $labels.service }}: the 95th percentile of answers takes {{ $value | printf "%.0f" }} ms',
            action="slipway logs --service {{ $labels.service }}",
        ),
        _rule(
            "MetricsMissing",
            f'absent(up{{job="{JOB}"}} == 1)',
            wait="15m",
            summary="no service's metrics can be read, so that failed and slow answers are not seen",
            action="slipway status",
        ),
    ]


def _list_volume_rules(limits: AlertLimits, namespace: str) -> list[dict[str, Any]]:
    of = f'{{namespace="{namespace}"}}'
    return [
        _rule(
            "VolumeNearlyFull",
            f"100 * kubelet_volume_stats_used_bytes{of} / kubelet_volume_stats_capacity_bytes{of}"
            f" > {limits.database_disk_percent}",
            wait="15m",
            summary='{{ $labels.persistentvolumeclaim }} is {{ $value | printf "%.0f" }} % full',
            action="a larger `storage` in the stack file",
        )
    ]


def _rule(name: str, expression: str, *, summary: str, action: str, wait: str = "0m") -> dict[str, Any]:
    """One alert.

    Args:
        action: what to do first.
        wait: how long the expression must hold.
    """
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "annotations": {"summary": summary, "action": action},
    }
