"""Whether a release that is ready also answers well: watch its requests for a time after the rollout."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from delivery.outcome import DeliveryError
from delivery.verification.request_metrics import RequestMetrics
from infra.config.verification import BehaviourLimits

POLL_SECONDS = 5.0
FEWEST_REQUESTS = 20  # of which a share says something: one failed request of five is no 20 %
FEWEST_FAILED = 5

Read = Callable[[], RequestMetrics]


class BehaviourError(DeliveryError):
    """A release answers too many requests with errors, or too slowly; the text has the figures."""


@dataclass(frozen=True)
class Behaviour:
    """What was seen of a release.

    Attributes:
        seconds: for how long it was watched.
    """

    service: str
    seconds: float
    metrics: RequestMetrics

    def describe(self) -> str:
        """One sentence with the figures."""
        metrics, p95 = self.metrics, self.metrics.p95_seconds
        if not metrics.total:
            return f"{self.service}: no request in {self.seconds:.0f} s: nothing is known of its answers"
        slow = f", 95th percentile {p95 * 1000:.0f} ms" if p95 is not None else ""
        share = f"{metrics.failed_share:.1%} of {metrics.total} requests failed"
        return f"{self.service}: {share} in {self.seconds:.0f} s{slow}"


def watch_behaviour(
    service: str,
    read: Read,
    limits: BehaviourLimits,
    before: RequestMetrics,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Behaviour:
    """Watch a release's requests, and return what was seen when its time is over.

    Args:
        read: the present metrics of all its pods.
        before: those of the release before, since its pods started; without requests where there was none.

    Raises:
        BehaviourError: as soon as enough requests show that it is too bad.
        DeliveryError: the metrics cannot be read at the end.
    """
    begun = clock()
    first = read()
    while True:
        seconds = clock() - begun
        seen = Behaviour(service, seconds, read().since(first))
        if problem := find_problem(seen.metrics, limits, before):
            raise BehaviourError(f"{seen.describe()}: {problem}")
        if seconds >= limits.seconds:
            return seen
        sleep(min(POLL_SECONDS, limits.seconds - seconds))


def find_problem(seen: RequestMetrics, limits: BehaviourLimits, before: RequestMetrics) -> str | None:
    """Why a release is too bad; None where it is not, or where too few requests say so."""
    if seen.total < FEWEST_REQUESTS:
        return None
    failed, p95 = round(seen.failed_share * seen.total), seen.p95_seconds
    if failed >= FEWEST_FAILED and seen.failed_share > limits.failed_percent / 100:
        return f"more than {limits.failed_percent} % failed"
    if failed >= FEWEST_FAILED and before.total >= FEWEST_REQUESTS:
        allowed = limits.growth * before.failed_share
        if before.failed_share and seen.failed_share > allowed:
            return f"{seen.failed_share / before.failed_share:.1f} times as many failed as of the release before"
    longest = limits.p95_milliseconds
    if p95 is not None and longest is not None and p95 * 1000 > longest:
        return f"the 95th percentile is above {longest} ms"
    earlier = before.p95_seconds if before.total >= FEWEST_REQUESTS else None
    if p95 is not None and earlier and p95 > limits.growth * earlier:
        return f"the 95th percentile is {p95 / earlier:.1f} times that of the release before"
    return None
