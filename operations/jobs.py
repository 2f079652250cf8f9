"""Jobs that failed: migrations, tests, jobs of a release and runs of a cron."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lightkube.models.batch_v1 import JobCondition
from lightkube.resources.batch_v1 import Job

from delivery.cluster import StackCluster
from infra.rollouts.pod_problems import Problem
from operations.pods import COMPONENT, NAME, OURS, VERSION

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class FailedJob:
    """A Job whose last run failed.

    Attributes:
        service: or database, that it belongs to.
        is_database: whether a database.
        release: the tag of its image; empty where its chart had none.
    """

    service: str
    is_database: bool
    release: str
    problem: Problem


def find_failed_jobs(cluster: StackCluster) -> list[FailedJob]:
    """Return the Jobs that failed; of a cron the last one alone, if it did.

    Helm deletes a Job of a release that succeeded, and one that failed before it runs again.

    Raises:
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    by_owner: dict[str, list[tuple[Job, JobCondition]]] = defaultdict(list)
    for job in cluster.find(Job, OURS):
        if end := _find_end(job):
            by_owner[_find_owner(job)].append((job, end))
    last = (max(jobs, key=lambda each: _get_start(each[0])) for jobs in by_owner.values())
    return [_describe(job, end) for job, end in last if end.type == "Failed"]


def _describe(job: Job, end: JobCondition) -> FailedJob:
    labels, release = _get_labels(job), _get_labels(job).get(VERSION, "")
    of = f" (release {release})" if release else ""
    problem = Problem(_get_name(job), "", end.reason or "Failed", f"{end.message or ''}{of}".strip())
    return FailedJob(labels.get(NAME, ""), labels.get(COMPONENT) == "database", release, problem)


def _find_end(job: Job) -> JobCondition | None:
    """How it ended; None while it runs."""
    conditions = (job.status.conditions if job.status else None) or []
    return next((each for each in conditions if each.type in {"Complete", "Failed"} and each.status == "True"), None)


def _find_owner(job: Job) -> str:
    """Its CronJob, or itself."""
    owners = (job.metadata.ownerReferences if job.metadata else None) or []
    return next((f"cron {each.name}" for each in owners if each.kind == "CronJob"), _get_name(job))


def _get_start(job: Job) -> datetime:
    return (job.status.startTime if job.status else None) or LONG_AGO


def _get_name(job: Job) -> str:
    return str(job.metadata.name if job.metadata else "")


def _get_labels(job: Job) -> Mapping[str, str]:
    return (job.metadata.labels if job.metadata else None) or {}
