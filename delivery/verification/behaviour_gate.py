"""Judge a release by its requests, service by service: the baseline before its update, the watch after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from lightkube.resources.core_v1 import Pod

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError
from delivery.verification.behaviour import watch_behaviour
from delivery.verification.request_metrics import RequestMetrics, combine, parse_metrics
from infra.config.verification import BehaviourLimits

NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
METRICS_PATH = "/metrics"


@dataclass
class BehaviourGate:
    """Judges one release, and only once: the release that a failure brings back is not judged again.

    Attributes:
        open_cluster: called when there is something to read.
    """

    open_cluster: Callable[[], StackCluster]
    say: Callable[[str], None] = print
    _baselines: dict[str, RequestMetrics] = field(default_factory=dict)
    _armed: bool = False

    def record_baseline(self, limits: Mapping[str, BehaviourLimits]) -> None:
        """Read what the release that runs has answered so far, of each service that is judged.

        Metrics that cannot be read are none: the limits count then, and not the comparison.
        """
        self._baselines, self._armed = {}, True
        if not limits:
            return
        try:
            with self.open_cluster() as cluster:
                for service in limits:
                    self._baselines[service] = read_requests(cluster, service)
        except DeliveryError as error:
            self.say(f"warning: the release before has no metrics to compare with: {error}")

    def judge(self, limits: Mapping[str, BehaviourLimits], digests: Mapping[str, str]) -> None:
        """Watch each service's new pods for the time that it wants, one service after another.

        Args:
            digests: of each service's image, by which its new pods are known.

        Raises:
            BehaviourError: one answers too badly.
            DeliveryError: the metrics cannot be read.
        """
        if not self._armed or not limits:
            return
        self._armed = False
        with self.open_cluster() as cluster:
            for service, wanted in limits.items():
                digest = digests[service]
                seen = watch_behaviour(
                    service,
                    partial(read_requests, cluster, service, digest),
                    wanted,
                    self._baselines.get(service, RequestMetrics()),
                )
                self.say(seen.describe())


def read_requests(cluster: StackCluster, service: str, digest: str = "") -> RequestMetrics:
    """Return the requests that a service's running pods answered since they started.

    Args:
        digest: of their image; empty: of any.

    Raises:
        MetricsError: a pod's answer is no metrics.
        UnreachableError, DeliveryError: the cluster or a pod does not answer.
    """
    return combine(
        parse_metrics(cluster.read_from_pod(name, port, METRICS_PATH))
        for pod in cluster.find(Pod, {NAME: service})
        for name, port in _find_ports(pod, digest)
    )


def _find_ports(pod: Pod, digest: str) -> Iterator[tuple[str, int]]:
    """The pod and its port `http`, where it runs and is one of the service itself."""
    metadata, status, spec = pod.metadata, pod.status, pod.spec
    if metadata is None or metadata.deletionTimestamp or COMPONENT in (metadata.labels or {}):
        return
    if spec is None or status is None or status.phase != "Running":
        return
    for container in spec.containers:
        for port in container.ports or ():
            if port.name == "http" and str(container.image).endswith(digest):
                yield str(metadata.name), port.containerPort
