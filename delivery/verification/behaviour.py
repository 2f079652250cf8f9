"""Whether a release that is ready also answers well: watch its requests for a time after the rollout."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from delivery.outcome import DeliveryError
from delivery.verification.request_counter import RequestCounter
from delivery.verification.request_metrics import RequestMetrics
from infra.config.verification import BehaviourLimits

POLL_SECONDS = 5.0
FEWEST_REQUESTS = 20  # of which a share says something: one failed request of five is no 20 %
FEWEST_FAILED = 5
FEWEST_TIMED = 100  # of which the 95th percentile is more than the few first requests of a pod with empty caches
SLOWER_SECONDS = 0.05  # the least difference that is compared: 4 ms may well become 12 ms
FAILED_READINGS = 3  # in a row, at the end: one may fail as a pod starts or ends, or the API server is busy


class BehaviourError(DeliveryError):
    """A release answers too many requests with errors, or too slowly; the text has the figures."""


@dataclass(frozen=True)
class Behaviour:
    """What was seen of a service's release.

    Attributes:
        seconds: for how long it was watched.
        before: what the release before answered; without requests where there was none.
    """

    service: str
    seconds: float
    metrics: RequestMetrics
    before: RequestMetrics = field(default_factory=RequestMetrics)

    def describe(self) -> str:
        """One sentence with the figures, and those of the release before."""
        if not self.metrics.total and not self.metrics.active:
            return f"{self.service}: no request in {self.seconds:.0f} s: nothing is known of its answers"
        text = f"{self.service}: {_describe(self.metrics)} in {self.seconds:.0f} s"
        return f"{text}; the release before: {_describe(self.before)}" if self.before.total else text


@dataclass
class Watch:
    """A service whose release is judged.

    Attributes:
        requests: of the release's containers; what they answered before the update is none of them.
        before: what the release before answered until its update.
        others: of the release before where it runs beside this one: they are what a canary is compared with.
        failed_readings: how many failed in a row until now.
        ended: whether its time is over, and it was good.
    """

    service: str
    limits: BehaviourLimits
    requests: RequestCounter
    before: RequestMetrics = field(default_factory=RequestMetrics)
    others: RequestCounter | None = None
    failed_readings: int = 0
    ended: bool = False

    def look(self, seconds: float) -> Behaviour:
        """Add what was answered since the last look.

        Args:
            seconds: since the watch began.

        Raises:
            BehaviourError: the release is too bad.
            DeliveryError: its time is over, and its pods do not answer.
        """
        over = seconds >= self.limits.seconds
        try:
            self.requests.update()
        except DeliveryError as error:
            self.failed_readings += 1
            if over and self.failed_readings >= FAILED_READINGS:
                raise DeliveryError(f"{self.service} cannot be judged by its requests: {error}") from error
            over = False
        else:
            self.failed_readings = 0
        if self.others:
            self.others.update()
            self.before = _scale_active(self.others, self.requests.containers)
        return self._judge(seconds, over=over)

    def _judge(self, seconds: float, *, over: bool) -> Behaviour:
        seen = self.requests.seen
        behaviour = Behaviour(self.service, seconds, seen, self.before)
        problem = find_failures(seen, self.limits, self.before)
        if problem is None and over:
            problem = find_slowness(seen, self.limits, self.before) or find_stuck_requests(seen, self.before)
        if problem is not None:
            raise BehaviourError(f"{behaviour.describe()}: {problem}")
        self.ended = over
        return behaviour


def _scale_active(others: RequestCounter, containers: int) -> RequestMetrics:
    """What the others answered, with as many active requests as so many containers of theirs have."""
    return replace(others.seen, active=round(others.seen.active * containers / max(others.containers, 1)))


def watch_behaviour(
    watches: Sequence[Watch],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[Behaviour]:
    """Watch the services of a release side by side, each for its time; return what was seen of each.

    Raises:
        BehaviourError: one is too bad: by its failed requests as soon as enough show it, by its latency at the end.
        DeliveryError: the pods of one do not answer at the end of its time.
    """
    begun, found = clock(), {}
    while True:
        seconds = clock() - begun
        for watch in watches:
            if not watch.ended:
                found[watch.service] = watch.look(seconds)
        if not (left := [watch.limits.seconds - seconds for watch in watches if not watch.ended]):
            return list(found.values())
        sleep(min(POLL_SECONDS, *(each for each in left if each > 0)) if max(left) > 0 else POLL_SECONDS)


def find_failures(seen: RequestMetrics, limits: BehaviourLimits, before: RequestMetrics) -> str | None:
    """Why too many requests failed; None where they did not, or where too few say so."""
    if seen.total < FEWEST_REQUESTS or seen.failed < FEWEST_FAILED:
        return None
    if seen.failed_share > limits.failed_percent / 100:
        return f"more than {limits.failed_percent} % failed"
    if before.failed < FEWEST_FAILED:  # too few to compare with: the percentage alone counts
        return None
    times = seen.failed_share / before.failed_share
    return f"{times:.1f} times the failed share of the release before" if times > limits.growth else None


def find_slowness(seen: RequestMetrics, limits: BehaviourLimits, before: RequestMetrics) -> str | None:
    """Why the answers took too long; None where they did not, or where too few say so."""
    p95, longest = seen.p95_seconds, limits.p95_milliseconds
    if seen.total < FEWEST_TIMED or p95 is None:
        return None
    if longest is not None and p95 * 1000 > longest:
        return f"the 95th percentile is above {longest} ms"
    earlier = before.p95_seconds if before.total >= FEWEST_TIMED else None
    if earlier and p95 > limits.growth * earlier and p95 - earlier > SLOWER_SECONDS:
        return f"the 95th percentile is {p95 / earlier:.1f} times that of the release before"
    return None


def find_stuck_requests(seen: RequestMetrics, before: RequestMetrics) -> str | None:
    """Why a release seems to hang: it answers nothing, and has more requests under way than the release before had.

    Streams stay open, too, so those that were open before count as usual.
    """
    if seen.total or seen.active - before.active < FEWEST_FAILED:
        return None
    return f"{seen.active} requests wait for an answer, and none was answered"


def _describe(metrics: RequestMetrics) -> str:
    p95 = metrics.p95_seconds
    slow = f", 95th percentile {p95 * 1000:.0f} ms" if p95 is not None else ""
    return f"{metrics.failed_share:.1%} of {metrics.total} requests failed{slow}"
