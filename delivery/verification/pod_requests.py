"""The requests that a service's pods answered, container by container, read through the cluster's API server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lightkube.models.core_v1 import Container
from lightkube.resources.core_v1 import Pod

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError
from delivery.verification.request_metrics import RequestMetrics, parse_metrics

NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
METRICS_PATH = "/metrics"
PORT = "http"

# By pod and by how often its container was started again: counters begin anew with each start.
Readings = Mapping[str, RequestMetrics]


@dataclass(frozen=True)
class _Source:
    """Where a container's metrics are."""

    key: str
    pod: str
    port: int


def read_requests(cluster: StackCluster, service: str, digest: str = "") -> Readings:
    """Return what each of a service's running containers answered since it started.

    A pod that does not answer is left out: it starts, or ends.

    Args:
        digest: of their image; empty: of any.

    Raises:
        MetricsError, UnreachableError: no pod answers with metrics.
        DeliveryError: no such pod runs, or the cluster refuses.
    """
    readings: dict[str, RequestMetrics] = {}
    problem = DeliveryError(f"no pod of {service} runs with the image {digest or 'of any release'}")
    for source in _find_sources(cluster, service, digest):
        try:
            readings[source.key] = parse_metrics(cluster.read_from_pod(source.pod, source.port, METRICS_PATH))
        except DeliveryError as error:
            problem = error
    if not readings:
        raise problem
    return readings


def _find_sources(cluster: StackCluster, service: str, digest: str) -> Iterator[_Source]:
    for pod in cluster.find(Pod, {NAME: service}):
        metadata, spec = pod.metadata, pod.spec
        if metadata is None or spec is None or not _serves(pod):
            continue
        for container in spec.containers:
            for port in container.ports or ():
                if port.name == PORT and str(container.image).endswith(digest):
                    starts = _count_restarts(pod, container)
                    yield _Source(f"{metadata.name}/{starts}", str(metadata.name), port.containerPort)


def _serves(pod: Pod) -> bool:
    """Whether it runs, and is one of the service itself: a run of `slipway run` or a test is none."""
    metadata, status = pod.metadata, pod.status
    if metadata is None or metadata.deletionTimestamp or COMPONENT in (metadata.labels or {}):
        return False
    return status is not None and status.phase == "Running"


def _count_restarts(pod: Pod, container: Container) -> int:
    statuses = (pod.status.containerStatuses if pod.status else None) or ()
    return next((each.restartCount for each in statuses if each.name == container.name), 0)
