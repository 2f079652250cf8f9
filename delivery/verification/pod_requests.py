"""The requests that a service's pods answered, container by container, read through the cluster's API server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lightkube.models.core_v1 import Container
from lightkube.resources.core_v1 import Pod

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError
from delivery.verification.request_metrics import RequestMetrics, parse_metrics

NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
METRICS_PATH = "/metrics"
PORT = "http"
STARTING = timedelta(minutes=1)  # for a pod that the autoscaler adds: it imports its code, and opens its connections

# By pod and by how often its container was started again: counters begin anew with each start.
Readings = Mapping[str, RequestMetrics]


@dataclass(frozen=True)
class Source:
    """Where a container answers; `key` tells each of its starts from the others, `starts`: whether its pod is new."""

    key: str
    pod: str
    port: int
    starts: bool


def read_requests(cluster: StackCluster, service: str, digest: str = "", *, every: bool = False) -> Readings:
    """Return what each of a service's running containers answered since it started.

    A pod that does not answer is left out, as it may start or end.

    Args:
        digest: of their image; empty: of any.
        every: whether each pod must answer, but for those that started less than STARTING ago.

    Raises:
        MetricsError, UnreachableError: no pod answers with metrics, or one that must does not.
        DeliveryError: no such pod runs, or the cluster refuses.
    """
    readings: dict[str, RequestMetrics] = {}
    problem = DeliveryError(f"no pod of {service} runs with the image {digest or 'of any release'}")
    for source in find_sources(cluster, service, digest):
        try:
            readings[source.key] = parse_metrics(cluster.read_from_pod(source.pod, source.port, METRICS_PATH))
        except DeliveryError as error:
            if every and not source.starts:
                raise
            problem = error
    if not readings:
        raise problem
    return readings


def find_sources(cluster: StackCluster, service: str, digest: str) -> Iterator[Source]:
    """Yield where a service's running pods answer; of an image with this digest, or of any.

    Raises:
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    for pod in cluster.find(Pod, {NAME: service}):
        metadata, spec = pod.metadata, pod.spec
        if metadata is None or spec is None or not _serves(pod):
            continue
        for container in spec.containers:
            for port in container.ports or ():
                if port.name == PORT and str(container.image).endswith(digest):
                    name, restarts = str(metadata.name), _count_restarts(pod, container)
                    yield Source(f"{name}/{restarts}", name, port.containerPort, _starts(pod))


def _serves(pod: Pod) -> bool:
    """Whether it runs, and is one of the service itself: a run of `slipway run` or a test is none."""
    metadata, status = pod.metadata, pod.status
    if metadata is None or metadata.deletionTimestamp or COMPONENT in (metadata.labels or {}):
        return False
    return status is not None and status.phase == "Running"


def _starts(pod: Pod) -> bool:
    begun = pod.status.startTime if pod.status else None
    return begun is None or datetime.now(UTC) - begun < STARTING


def _count_restarts(pod: Pod, container: Container) -> int:
    statuses = (pod.status.containerStatuses if pod.status else None) or ()
    return next((each.restartCount for each in statuses if each.name == container.name), 0)
