"""Checks of one service that look at more than one of its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.config.kind_checks import RUNS, find_kind_problems
from infra.config.pod_checks import find_pod_problems
from infra.config.quantities import bytes_of
from infra.config.section import Resources
from infra.config.service import Service

LONGEST_CANARY = 39  # Helm's limit of 53 for a release's name, less "-canary-route" and a character to spare
LONGEST_WATCH = (
    900  # seconds; the jobs that deploy, in .github/workflows/deploy.yml, leave that beside Helm's time-outs
)
CHARTS_ANNOTATIONS = ("checksum/environment", "checksum/secret")


def find_service_problems(key: str, service: Service, rollout_seconds: int, version: str) -> Iterator[str]:
    """Find every contradiction between the values of a service, each as a sentence.

    Args:
        key: of the service, which each sentence begins with: `slipway:services.backend`.
        rollout_seconds: the stack's.
        version: of the stack's Kubernetes, by whose schema `pod`, `container` and `scaling.metrics` are checked.
    """
    yield from _service(key, service)
    yield from find_kind_problems(key, service, rollout_seconds)
    yield from find_pod_problems(key, service, version)
    yield from find_resource_problems(key, service.resources)
    yield from _times(key, service, rollout_seconds)
    yield from _canary(key, service)
    yield from _watch(key, service)


def _watch(key: str, service: Service) -> Iterator[str]:
    behaviour, canary = service.verify.behaviour, service.verify.canary
    parts = {
        "behaviour.seconds": behaviour.seconds if behaviour else 0,
        "canary.steps x canary.seconds": len(canary.steps) * canary.seconds if canary else 0,
    }
    if (seconds := sum(parts.values())) > LONGEST_WATCH:
        names = " and ".join(name for name, each in parts.items() if each)
        yield (
            f"{key}.verify watches a release for {seconds} s in all ({names}), and the job that deploys has "
            f"{LONGEST_WATCH} s for that; write fewer steps, or less seconds"
        )


def _canary(key: str, service: Service) -> Iterator[str]:
    if service.verify.canary is None:
        return
    if service.kind != "web":
        yield f"{key}.verify.canary is set, and a {service.kind} gets no requests; remove it, or write kind: web"
    if service.storage is not None:
        yield f"{key}.verify.canary is set, and the service's volume is one pod's at a time; write one of the two"
    if len(service.name) > LONGEST_CANARY:
        yield (
            f"{key}.verify.canary is set, and names of its parts begin with the service's, of {len(service.name)} "
            f"characters; write at most {LONGEST_CANARY}"
        )


def _service(key: str, service: Service) -> Iterator[str]:
    if service.replicas.min > service.replicas.max:
        yield f"{key}.replicas.min is {service.replicas.min}, above max {service.replicas.max}; write at most that"
    if service.storage and service.replicas.max > 1 and service.kind not in RUNS:
        yield (
            f"{key}.replicas.max is {service.replicas.max} and the service has storage, a volume that one pod can "
            "have at a time; write min and max 1"
        )
    if service.storage and service.storage.mount_path in service.writable:
        path = service.storage.mount_path
        yield f"{key}.writable has {path}, which is the mountPath of its storage; write it in one of the two"
    for path, times in Counter(service.writable).items():
        if times > 1:
            yield f"{key}.writable has {path} {times} times; write it once"
    for name in sorted(set(service.annotations) & set(CHARTS_ANNOTATIONS)):
        yield f"{key}.annotations.{name} is the chart's own; remove it"
    for name in sorted(set(service.secrets) & set(service.environment)):
        yield f"{key}.environment.{name} is also in secrets; write it in one of the two"


def _times(key: str, service: Service, rollout: int) -> Iterator[str]:
    if service.kind == "web" and service.drain_seconds >= service.stop_seconds:
        yield (
            f"{key}.drainSeconds is {service.drain_seconds}, and a pod has stopSeconds {service.stop_seconds} in "
            "all; write less, or a larger stopSeconds"
        )
    if service.health.startup_seconds >= rollout:
        yield (
            f"{key}.health.startupSeconds is {service.health.startup_seconds}, and a whole rollout has "
            f"slipway:rolloutSeconds {rollout}; write less, or a larger rolloutSeconds"
        )


def find_folder_problems(key: str, service: Service, checkout: Path) -> Iterator[str]:
    """Find what the repository lacks of a service's folders, each as a sentence."""
    if not (checkout / service.folder / "Dockerfile").is_file():
        yield f"{key}: {service.folder}/ holds no Dockerfile; write one, or the service's own folder as `folder:`"
    for folder in service.shares:
        if not (checkout / folder).is_dir():
            yield f"{key}.shares has {folder!r}, which is no folder here; write one, or none: []"


def find_client_problems(services: Mapping[str, Service]) -> Iterator[str]:
    """Find every client that is no service of the stack, each as a sentence.

    Args:
        services: by name.
    """
    for name, service in services.items():
        for client in service.clients or []:
            if client not in services:
                known = ", ".join(services)
                yield f"slipway:services.{name}.clients has {client}, which is no service; there are {known}"


def find_resource_problems(key: str, resources: Resources) -> Iterator[str]:
    """Find what Kubernetes refuses in a container's resources, each as a sentence."""
    requested, limit = resources.requests.memory, resources.limits.memory
    if bytes_of(requested) > bytes_of(limit):
        yield (
            f"{key}.resources.requests.memory is {requested}, above limits.memory {limit}, and Kubernetes refuses "
            f"such a pod; write at most {limit}"
        )
