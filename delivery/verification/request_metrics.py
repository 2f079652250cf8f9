"""Requests that a service answered, from the metrics of its pods: how many failed, and how long they took.

The form is Prometheus' text format; names and labels are those of its client libraries' middleware
(https://prometheus.io/docs/practices/naming/). Counters begin at 0 when a container starts, so a difference is what
one release did in a time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from prometheus_client.parser import text_string_to_metric_families

from delivery.outcome import DeliveryError
from infra.config.probes import PROBES, ROUTE_LABELS

REQUESTS = "http_requests"
ACTIVE = ("http_requests_active", "http_requests_in_progress")  # the chassis' name, and the usual one
SECONDS = ("http_request_seconds", "http_request_duration_seconds")  # the chassis' name, and the usual one
FAILED = "5"  # how a status begins that is the server's fault
P95 = 0.95
SHOWN = 120
Key = TypeVar("Key")


class MetricsError(DeliveryError):
    """What a pod answers is no metrics."""


@dataclass(frozen=True)
class RequestMetrics:
    """Requests since a pod, or several, started; those of probes are left out.

    Attributes:
        statuses: how many, by status.
        buckets: how many took at most so many seconds, by that bound; cumulative.
        active: how many are being answered, if the service says so; the one that reads the metrics is left out.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    buckets: Counter[float] = field(default_factory=Counter)
    active: int = 0

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        """Answers with a status of 500 or above."""
        return sum(count for status, count in self.statuses.items() if status.startswith(FAILED))

    @property
    def failed_share(self) -> float:
        """Of all answers; 0 without any."""
        return self.failed / self.total if self.total else 0.0

    @property
    def p95_seconds(self) -> float | None:
        """The 95th percentile, between the bounds of its bucket as Prometheus has it; None without any answer.

        In the last bucket, which has no upper bound, it is the lower one.
        """
        bounds = sorted(self.buckets)
        if not bounds or not (total := self.buckets[bounds[-1]]):
            return None
        rank, lower, below = P95 * total, 0.0, 0
        for bound in bounds:
            if (count := self.buckets[bound]) >= rank:
                if math.isinf(bound):
                    return lower
                return lower + (bound - lower) * (rank - below) / (count - below)
            lower, below = bound, count
        return lower

    def __add__(self, other: RequestMetrics) -> RequestMetrics:
        statuses, buckets = _add(self.statuses, other.statuses), _add(self.buckets, other.buckets)
        return RequestMetrics(statuses, buckets, self.active + other.active)

    def since(self, earlier: RequestMetrics) -> RequestMetrics:
        """What came after an earlier reading of the same container; all of it where a counter began anew."""
        if any(self.statuses[status] < count for status, count in earlier.statuses.items()):
            return self
        statuses, buckets = _subtract(self.statuses, earlier.statuses), _subtract(self.buckets, earlier.buckets)
        return RequestMetrics(statuses, buckets, self.active)


def parse_metrics(text: str) -> RequestMetrics:
    """Return the requests in a container's metrics.

    Raises:
        MetricsError: the text is something else, or has no counter of requests.
    """
    statuses: Counter[str] = Counter()
    buckets: Counter[float] = Counter()
    active, found = 0, False
    try:
        for family in text_string_to_metric_families(text):
            found = found or family.name == REQUESTS
            for sample in family.samples:
                if _is_probe(sample.labels):
                    continue
                if sample.name == f"{REQUESTS}_total":
                    statuses[sample.labels["status"]] += int(sample.value)
                elif family.name in SECONDS and sample.name == f"{family.name}_bucket":
                    buckets[float(sample.labels["le"])] += int(sample.value)
                elif sample.name in ACTIVE:
                    active += int(sample.value)
    except (ValueError, KeyError, OverflowError) as error:
        raise MetricsError(f"no metrics in Prometheus' format: {error}; they begin {text[:SHOWN]!r}") from error
    if not found:
        raise MetricsError(f"the metrics have no {REQUESTS}_total with a label `status`")
    return RequestMetrics(statuses, buckets, max(0, active - 1))


def combine(metrics: Iterable[RequestMetrics]) -> RequestMetrics:
    """Those of several pods."""
    return sum(metrics, RequestMetrics())


def _is_probe(labels: Mapping[str, str]) -> bool:
    return any(labels.get(label) in PROBES for label in ROUTE_LABELS)


# Counter's own + and - drop what is 0: a bound that no request reached says where the next bucket begins.
def _add(one: Counter[Key], other: Counter[Key]) -> Counter[Key]:
    return Counter({key: one[key] + other[key] for key in {**one, **other}})


def _subtract(one: Counter[Key], earlier: Counter[Key]) -> Counter[Key]:
    return Counter({key: count - earlier[key] for key, count in one.items()})
