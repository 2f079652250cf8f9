"""Judge a release by its requests: the baseline before its update, the watch after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError
from delivery.verification.behaviour import Behaviour, BehaviourError, Watch, watch_behaviour
from delivery.verification.pod_requests import Readings, read_requests
from delivery.verification.request_counter import RequestCounter
from delivery.verification.request_metrics import combine
from infra.config.verification import BehaviourLimits

Watcher = Callable[[list[Watch]], list[Behaviour]]


@dataclass
class BehaviourGate:
    """Judges one release. The release that an automatic rollback brings back is not judged: it was good.

    Attributes:
        open_cluster: called when there is something to read.
        figures: what was seen so far, a sentence each, for reports.
        watch: see `watch_behaviour`.
    """

    open_cluster: Callable[[], StackCluster]
    say: Callable[[str], None] = print
    watch: Watcher = watch_behaviour
    figures: list[str] = field(default_factory=list)
    _baselines: dict[str, Readings] = field(default_factory=dict)
    _others: dict[str, RequestCounter] = field(default_factory=dict)  # beside a canary, of each service

    def record_baseline(self, services: Collection[str]) -> None:
        """Read what the release that runs has answered so far, of each service that is judged.

        Metrics that cannot be read are none: the limits count then, and not the comparison.
        """
        self._baselines = {}
        if not services:
            return
        try:
            with self.open_cluster() as cluster:
                for service in sorted(services):
                    self._record(cluster, service)
        except DeliveryError as error:
            self.say(f"warning: the release before has no metrics to compare with: {error}")

    def judge(self, limits: Mapping[str, BehaviourLimits], digests: Mapping[str, str]) -> None:
        """Watch the services' pods for the time that each wants.

        Args:
            digests: of each service's image, by which its new pods are known.

        Raises:
            BehaviourError: one answers too badly.
            DeliveryError: the metrics cannot be read.
        """
        if not limits:
            return
        with self.open_cluster() as cluster:
            self._watch([
                self._prepare(service, wanted, partial(read_requests, cluster, service, digests[service], every=True))
                for service, wanted in limits.items()
            ])  # fmt: skip

    def judge_canary(self, limits: Mapping[str, BehaviourLimits]) -> None:
        """Watch the canaries' pods alone; what they have answered in earlier steps counts, too.

        They are compared with what the other pods have answered since the first step: a busy hour slows both down.

        Raises:
            BehaviourError, DeliveryError: as for `judge`.
        """
        with self.open_cluster() as cluster:
            self._watch([
                Watch(
                    f"canary of {service}",
                    wanted,
                    RequestCounter(partial(read_requests, cluster, f"{service}-canary", every=True)),
                    others=self._count_others(cluster, service),
                )
                for service, wanted in limits.items()
            ])  # fmt: skip

    def _record(self, cluster: StackCluster, service: str) -> None:
        try:
            self._baselines[service] = read_requests(cluster, service)
        except DeliveryError as error:
            self.say(f"warning: {service}: the release before has no metrics to compare with: {error}")

    def _count_others(self, cluster: StackCluster, service: str) -> RequestCounter | None:
        """The counter of the service's own pods, from a canary's first step on; None if they cannot be read."""
        counter = self._others.get(service)
        if counter is None:
            try:
                counter = RequestCounter(dict, dict(read_requests(cluster, service, every=True)))
            except DeliveryError as error:
                self.say(f"warning: {service}: its other pods have no metrics to compare with: {error}")
                return None
        self._others[service] = replace(counter, read=partial(self._read_others, cluster, service))
        return self._others[service]

    def _read_others(self, cluster: StackCluster, service: str) -> Readings:
        try:
            return read_requests(cluster, service)
        except DeliveryError as error:
            self.say(f"warning: {service}: its other pods cannot be read, and nothing of them is added: {error}")
            return {}

    def _prepare(self, service: str, limits: BehaviourLimits, read: Callable[[], Readings]) -> Watch:
        baseline = self._baselines.get(service, {})
        return Watch(service, limits, RequestCounter(read, dict(baseline)), combine(baseline.values()))

    def _watch(self, watches: list[Watch]) -> None:
        """Watch, and note the figures however it ends."""
        names = ", ".join(watch.service for watch in watches)
        self.say(f"watching the requests of {names} for {max(watch.limits.seconds for watch in watches)} s")
        try:
            found = [behaviour.describe() for behaviour in self.watch(watches)]
        except BehaviourError as error:
            self.figures.append(str(error))
            raise
        for text in found:
            self.say(text)
        self.figures += found
