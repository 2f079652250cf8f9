"""The pods of services, of one release or of all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lightkube.models.core_v1 import ContainerStatus
from lightkube.resources.core_v1 import Pod

from delivery.cluster import StackCluster
from delivery.outcome import RefusedError

NAME, VERSION, COMPONENT = (f"app.kubernetes.io/{key}" for key in ("name", "version", "component"))
SERVICE = "slipway/service"  # of a hook's pod, whose name is its own
OURS: dict[str, Any] = {"app.kubernetes.io/managed-by": "Helm", "slipway/stack": None}  # None: whatever the value


@dataclass(frozen=True)
class PodFacts:
    """A pod as people speak of it.

    Attributes:
        service: whose pod it is; of a migration or a test, the service that it works for.
        release: the tag of its image, which is a commit; empty where its chart had none.
        component: `migration`, `cron` or `test`; empty for a pod of the service itself.
        containers: names, those that run before the others first.
        running: those of them that run now.
        crashed: containers that ended with an error and were started again.
    """

    name: str
    service: str
    release: str
    component: str
    phase: str
    ready: bool
    restarts: int
    started: datetime | None
    containers: tuple[str, ...]
    running: tuple[str, ...]
    crashed: tuple[str, ...]

    @property
    def age_seconds(self) -> float | None:
        """Since it was started; None before that."""
        return (datetime.now(UTC) - self.started).total_seconds() if self.started else None


def find_pods(
    cluster: StackCluster, services: Collection[str] = (), tags: Mapping[str, str] | None = None
) -> list[PodFacts]:
    """Return the pods of the services, oldest first.

    Args:
        services: names; none: of every service.
        tags: of the images by service; None: any.

    Raises:
        RefusedError: no pod is of such a service.
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    found = [_describe(pod) for pod in cluster.find(Pod, OURS)]
    known = {pod.service for pod in found}
    if unknown := sorted(set(services) - known):
        raise RefusedError(
            f"no pod of {cluster.stack} is of {', '.join(unknown)}; there are {', '.join(sorted(known)) or 'none'}"
        )
    pods = [
        pod
        for pod in found
        if (not services or pod.service in services) and (tags is None or tags.get(pod.service) == pod.release)
    ]
    return sorted(pods, key=lambda pod: (pod.started or datetime.max.replace(tzinfo=UTC), pod.name))


def choose_pod(pods: Sequence[PodFacts], service: str, name: str | None) -> PodFacts:
    """Return the pod of that name, or the newest ready one.

    Raises:
        RefusedError: there is none.
    """
    usable = [pod for pod in pods if not pod.component and service in pod.running]
    if name is not None:
        usable = [pod for pod in usable if pod.name == name]
    if not usable:
        names = ", ".join(pod.name for pod in pods) or "none"
        raise RefusedError(f"no pod {name or 'of ' + service} runs; there are {names}")
    return max(usable, key=lambda pod: (pod.ready, pod.started or datetime.min.replace(tzinfo=UTC)))


def _describe(pod: Pod) -> PodFacts:
    metadata, status, spec = pod.metadata, pod.status, pod.spec
    labels: dict[str, str] = (metadata.labels if metadata else None) or {}
    statuses = [*((status and status.initContainerStatuses) or ()), *((status and status.containerStatuses) or ())]
    names = [each.name for each in [*((spec and spec.initContainers) or ()), *((spec and spec.containers) or ())]]
    conditions: list[Any] = (status.conditions if status else None) or []
    return PodFacts(
        name=str(metadata.name if metadata else ""),
        service=labels.get(SERVICE) or labels.get(NAME, ""),
        release=labels.get(VERSION, ""),
        component=labels.get(COMPONENT, ""),
        phase=str(status.phase if status else ""),
        ready=any((each.type, each.status) == ("Ready", "True") for each in conditions),
        restarts=sum(each.restartCount for each in statuses),
        started=status.startTime if status else None,
        containers=tuple(names),
        running=tuple(each.name for each in statuses if each.state and each.state.running),
        crashed=tuple(each.name for each in statuses if _has_crashed(each)),
    )


def _has_crashed(container: ContainerStatus) -> bool:
    last = container.lastState.terminated if container.lastState else None
    return last is not None and last.exitCode != 0
