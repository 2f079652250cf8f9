"""What runs where, since when, and why it is not healthy: services, crons, jobs and databases of the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.batch_v1 import CronJob
from lightkube.resources.core_v1 import Pod

from delivery.cluster import StackCluster
from infra.rollouts.pod_problems import Problem, find_problems
from operations.control_characters import escape_controls
from operations.jobs import FailedJob, find_failed_jobs
from operations.pods import COMPONENT, NAME, OURS, VERSION

REPLICAS = "slipway/replicas"
KINDS = {Deployment: "service", CronJob: "cron", StatefulSet: "database"}
Workload = Deployment | CronJob | StatefulSet
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, kw_only=True)
class ServiceStatus:
    """A service, or a database, as its cluster has it.

    Attributes:
        kind: `service`, `cron`, `database`, or `job`: then it is there because a Job of it failed.
        release: the commit that it runs; empty of a database.
        wanted, ready: pods.
        since: when its newest pod of that release was started; None while none was.
        restarts: of its present pods.
        declared: how many pods the stack file has, or how few where their number follows the load; None unless
            another number was set by hand.
        succeeded: when the last run of a cron that succeeded ended; None while none did, and of other kinds.
        problems: why pods are not ready, and which Jobs failed: a migration, or the last run of a cron.
    """

    name: str
    kind: str
    release: str
    wanted: int
    ready: int
    since: datetime | None
    restarts: int
    declared: int | None = None
    succeeded: datetime | None = None
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
        pods = self.kind if self.kind in {"cron", "job"} else f"{self.ready} of {self.wanted} pods ready"
        if self.succeeded:
            pods += f", succeeded {describe_age((now - self.succeeded).total_seconds())} ago"
        release = "database" if self.kind == "database" else self.release[:12] or "unknown release"
        by_hand = f", {self.by_hand}" if self.by_hand else ""
        lines = [f"{mark} {self.name}: {release}, {pods}{since}{restarts}{by_hand}"]
        for each in self.problems:
            place = f"{each.pod} {each.container}".rstrip()
            lines.append(f"    {place}: {each.reason} {each.detail}".rstrip())
        return "\n".join(map(escape_controls, lines))

    def facts(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        problems = [vars(problem) for problem in self.problems]
        own = {key: value for key, value in vars(self).items() if key not in {"problems", "since", "succeeded"}}
        return {
            **own,
            "since": self.since and self.since.isoformat(),
            "succeeded": self.succeeded and self.succeeded.isoformat(),
            "healthy": self.is_healthy,
            "problems": problems,
        }


def read_status(cluster: StackCluster) -> list[ServiceStatus]:
    """Return every service and database of a stack, by name.

    Raises:
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    pods, failed = cluster.find(Pod, OURS), find_failed_jobs(cluster)
    workloads: list[Workload] = [*cluster.find(Deployment, OURS), *cluster.find(CronJob, OURS)]
    workloads += cluster.find(StatefulSet, OURS)
    scalers = {_name(each): each for each in cluster.find(HorizontalPodAutoscaler, OURS)}
    rows = [_describe(each, pods, scalers.get(_name(each)), failed) for each in workloads]
    alone = {job.service for job in failed} - {row.name for row in rows}
    rows += [_describe_jobs(name, [job for job in failed if job.service == name]) for name in alone]
    return sorted(rows, key=lambda each: (each.name, each.kind))


def describe_age(seconds: float) -> str:
    """`42 s`, `12 min`, `3 h` or `4 d`."""
    for length, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _describe(
    workload: Workload, pods: Iterable[Pod], scaler: HorizontalPodAutoscaler | None, failed: Iterable[FailedJob]
) -> ServiceStatus:
    labels: dict[str, str] = (workload.metadata.labels if workload.metadata else None) or {}
    name, release, kind = labels.get(NAME, ""), labels.get(VERSION, ""), KINDS[type(workload)]
    component = "" if kind == "service" else kind
    own = [pod for pod in pods if (_read_label(pod, NAME), _read_label(pod, COMPONENT)) == (name, component)]
    now = datetime.now(UTC)
    problems = [each.problem for each in failed if (each.service, each.is_database) == (name, kind == "database")]
    if isinstance(workload, CronJob):  # of its pods the last Job says what became of them
        succeeded = workload.status.lastSuccessfulTime if workload.status else None
        wanted, ready, since, declared = 0, 0, None, None
    else:
        current = [pod for pod in own if _read_label(pod, VERSION) == release]
        since = max((pod.status.startTime for pod in current if pod.status and pod.status.startTime), default=None)
        (wanted, ready), succeeded = _count(workload), None
        declared = _find_declared(workload, scaler) if isinstance(workload, Deployment) else None
        problems += [problem for pod in own for problem in find_problems(pod, now)]
    return ServiceStatus(
        name=name,
        kind=kind,
        release=release,
        wanted=wanted,
        ready=ready,
        since=since,
        restarts=sum(each.restartCount for pod in own for each in _statuses(pod)),
        declared=declared,
        succeeded=succeeded,
        problems=tuple(problems),
    )


def _describe_jobs(name: str, failed: Sequence[FailedJob]) -> ServiceStatus:
    """What has no more than Jobs that failed: a job, or a service whose first migration did."""
    problems = tuple(each.problem for each in failed)
    release = failed[-1].release
    return ServiceStatus(
        name=name, kind="job", release=release, wanted=0, ready=0, since=None, restarts=0, problems=problems
    )


def _count(workload: Deployment | StatefulSet) -> tuple[int, int]:
    """How many pods are wanted, and how many are ready."""
    spec, status = workload.spec, workload.status
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


def _name(each: Workload | HorizontalPodAutoscaler) -> str:
    return str(each.metadata.name if each.metadata else "")


def _statuses(pod: Pod) -> Iterator[Any]:
    if pod.status:
        yield from pod.status.initContainerStatuses or ()
        yield from pod.status.containerStatuses or ()


def _read_label(pod: Pod, key: str) -> str:
    labels: dict[str, str] = (pod.metadata.labels if pod.metadata else None) or {}
    return labels.get(key, "")
