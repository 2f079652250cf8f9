"""What runs where, since when, and why it is not healthy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.batch_v1 import CronJob
from lightkube.resources.core_v1 import Pod

from delivery.cluster import StackCluster
from infra.rollouts.pod_problems import Problem, find_problems
from operations.control_characters import escape_controls
from operations.pods import COMPONENT, NAME, OURS, VERSION

REPLICAS = "slipway/replicas"
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, kw_only=True)
class ServiceStatus:
    """A service as its cluster has it.

    Attributes:
        release: the commit that it runs.
        wanted, ready: pods.
        since: when its newest pod of that release was started; None while none was.
        restarts: of its present pods.
        declared: how many pods the stack file has, or how few where their number follows the load; None unless
            another number was set by hand.
        problems: why pods are not ready.
    """

    name: str
    kind: str
    release: str
    wanted: int
    ready: int
    since: datetime | None
    restarts: int
    declared: int | None
    problems: tuple[Problem, ...]

    @property
    def is_healthy(self) -> bool:
        is_stopped = self.wanted == 0 and bool(self.declared)
        return self.ready >= self.wanted and not is_stopped and not self.problems

    @property
    def by_hand(self) -> str:
        """What `slipway scale` left; empty where it left nothing."""
        return "" if self.declared is None else f"scaled by hand (stack file: {self.declared})"

    def describe(self, now: datetime) -> str:
        """One line, and one more for each problem."""
        mark = "✓" if self.is_healthy else "✗"
        since = f", for {describe_age((now - self.since).total_seconds())}" if self.since else ""
        restarts = f", {self.restarts} restarts" if self.restarts else ""
        pods = f"{self.ready} of {self.wanted} pods ready" if self.kind != "cron" else "cron"
        by_hand = f", {self.by_hand}" if self.by_hand else ""
        lines = [f"{mark} {self.name}: {self.release[:12] or 'unknown release'}, {pods}{since}{restarts}{by_hand}"]
        lines += [f"    {each.pod} {each.container}: {each.reason} {each.detail}".rstrip() for each in self.problems]
        return "\n".join(map(escape_controls, lines))

    def facts(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        problems = [vars(problem) for problem in self.problems]
        own = {key: value for key, value in vars(self).items() if key not in {"problems", "since"}}
        return {
            **own,
            "since": self.since and self.since.isoformat(),
            "healthy": self.is_healthy,
            "problems": problems,
        }


def read_status(cluster: StackCluster) -> list[ServiceStatus]:
    """Return every service of a stack, by name.

    Raises:
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    pods = cluster.find(Pod, OURS)
    workloads: list[Deployment | CronJob] = [*cluster.find(Deployment, OURS), *cluster.find(CronJob, OURS)]
    scalers = {_name(each): each for each in cluster.find(HorizontalPodAutoscaler, OURS)}
    return sorted((_describe(each, pods, scalers) for each in workloads), key=lambda each: each.name)


def describe_age(seconds: float) -> str:
    """`42 s`, `12 min`, `3 h` or `4 d`."""
    for length, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _describe(
    workload: Deployment | CronJob, pods: Iterable[Pod], scalers: Mapping[str, HorizontalPodAutoscaler]
) -> ServiceStatus:
    labels: dict[str, str] = (workload.metadata.labels if workload.metadata else None) or {}
    name, release, is_cron = labels.get(NAME, ""), labels.get(VERSION, ""), isinstance(workload, CronJob)
    own = [pod for pod in pods if _read_label(pod, NAME) == name and _is_cron(pod) == is_cron]
    current = [pod for pod in own if _read_label(pod, VERSION) == release]
    wanted, ready = (0, 0) if isinstance(workload, CronJob) else _count(workload)
    now = datetime.now(UTC)
    return ServiceStatus(
        name=name,
        kind="cron" if is_cron else "service",
        release=release,
        wanted=wanted,
        ready=ready,
        since=max((pod.status.startTime for pod in current if pod.status and pod.status.startTime), default=None),
        restarts=sum(each.restartCount for pod in own for each in _statuses(pod)),
        declared=None if isinstance(workload, CronJob) else _find_declared(workload, scalers.get(_name(workload))),
        problems=() if is_cron else tuple(problem for pod in own for problem in find_problems(pod, now)),
    )


def _count(deployment: Deployment) -> tuple[int, int]:
    """How many pods are wanted, and how many are ready."""
    spec, status = deployment.spec, deployment.status
    return (spec.replicas or 0) if spec else 0, (status.readyReplicas or 0) if status else 0


def _find_declared(deployment: Deployment, scaler: HorizontalPodAutoscaler | None) -> int | None:
    """How many pods the chart wrote, where the cluster has another number now."""
    source = scaler or deployment
    annotations: dict[str, str] = (source.metadata.annotations if source.metadata else None) or {}
    declared = annotations.get(REPLICAS, "")
    if scaler is not None:
        live = scaler.spec.minReplicas if scaler.spec else None
    else:
        live = deployment.spec.replicas if deployment.spec else None
    return int(declared) if declared.isdecimal() and int(declared) != live else None


def _name(each: Deployment | CronJob | HorizontalPodAutoscaler) -> str:
    return str(each.metadata.name if each.metadata else "")


def _statuses(pod: Pod) -> Iterator[Any]:
    if pod.status:
        yield from pod.status.initContainerStatuses or ()
        yield from pod.status.containerStatuses or ()


def _read_label(pod: Pod, key: str) -> str:
    labels: dict[str, str] = (pod.metadata.labels if pod.metadata else None) or {}
    return labels.get(key, "")


def _is_cron(pod: Pod) -> bool:
    return _read_label(pod, COMPONENT) == "cron"
