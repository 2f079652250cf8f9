"""The pod of a service as its release declares it, of every kind."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import yaml
from lightkube.models.core_v1 import Container, PodTemplateSpec
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Secret

from delivery.cluster import StackCluster
from delivery.outcome import RefusedError
from operations.pods import COMPONENT, OURS

DEPLOYED = {"owner": "helm", "status": "deployed"}  # Secrets, one of each release of Helm's


def find_pod_template(cluster: StackCluster, service: str) -> PodTemplateSpec:
    """Return the pod template of a service: a Deployment's, a CronJob's, or that of a job's last release.

    Raises:
        RefusedError: there is no such service, or its pod has no container.
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    found = dict(_iterate_running(cluster))
    if service not in found:
        found |= {name: template for name, template in _iterate_jobs(cluster) if name not in found}
    template = found.get(service)
    if template is None:
        raise RefusedError(f"{cluster.stack} has no service {service!r}; it has {', '.join(sorted(found)) or 'none'}")
    if template.spec is None or not template.spec.containers:
        raise RefusedError(f"{service} has no container")
    return template


def get_container(template: PodTemplateSpec) -> Container:
    """The container of the service itself, of a template that `find_pod_template` returned."""
    return template.spec.containers[0]  # type: ignore[union-attr]


def _iterate_running(cluster: StackCluster) -> Iterator[tuple[str, PodTemplateSpec]]:
    for deployment in cluster.find(Deployment, OURS):
        if deployment.metadata and deployment.spec:
            yield str(deployment.metadata.name), deployment.spec.template
    for cron in cluster.find(CronJob, OURS):
        job = cron.spec.jobTemplate.spec if cron.spec else None
        if cron.metadata and job:
            yield str(cron.metadata.name), job.template


def _iterate_jobs(cluster: StackCluster) -> Iterator[tuple[str, PodTemplateSpec]]:
    """Helm deletes the Job of a job that succeeded; what it installed is in a Secret of its own."""
    for secret in cluster.find(Secret, DEPLOYED):
        release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode((secret.data or {})["release"]))))
        for hook in release.get("hooks") or ():
            if hook["kind"] != "Job" or "test" in (hook.get("events") or ()):
                continue
            job: Any = Job.from_dict(yaml.safe_load(hook["manifest"]))  # whose annotation names another class
            if job.metadata and job.spec and not _is_migration(job.spec.template):
                yield str(job.metadata.name), job.spec.template


def _is_migration(template: PodTemplateSpec) -> bool:
    labels: dict[str, str] = (template.metadata.labels if template.metadata else None) or {}
    return COMPONENT in labels
