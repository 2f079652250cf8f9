"""Checks of what a service's kind needs, and of the keys that only other kinds have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from infra.config.service import Service

WEB = ("web",)
RUNNING = ("web", "worker")  # pods that run on
RUNS = ("cron", "job")  # pods that end
LONGEST_CRON = 52  # Kubernetes adds 11 characters to a CronJob's name for each run, and a label has at most 63
# The kinds that each key is for, and why no other has it. Every other key is for all kinds.
KEYS: dict[str, tuple[tuple[str, ...], str]] = {
    "port": (WEB, "does not listen on a port"),
    "ports": (WEB, "does not listen on a port"),
    "host": (WEB, "does not listen on a port, so that no host can lead to it"),
    "url": (WEB, "does not listen on a port, so that it has no URL"),
    "node_port": (WEB, "does not listen on a port"),
    "clients": (WEB, "does not listen on a port, so that nobody calls it"),
    "drain_seconds": (WEB, "gets no requests that it would have to finish"),
    "replicas": (RUNNING, "runs in one pod at a time, which ends"),
    "scaling": (RUNNING, "runs in one pod at a time, which ends"),
    "health": (RUNNING, "is done when its command ends, and is not asked before"),
    "schedule": (("cron",), "does not run at times"),
    "time_zone": (("cron",), "does not run at times"),
    "concurrency": (("cron",), "does not run at times"),
    "deadline_seconds": (RUNS, "does not end by itself"),
    "retries": (RUNS, "is restarted whenever it ends"),
    "when": (("job",), "does not belong to a moment of a release"),
    "storage": (("web", "worker", "cron"), "may run before its volume exists"),
    "migrate": (("web", "worker", "cron"), "runs before or after a release itself"),
    "seed": (("web", "worker", "cron"), "runs before or after a release itself"),
}


def find_kind_problems(key: str, service: Service, rollout_seconds: int) -> Iterator[str]:
    """Find what a service lacks for its kind, and what does not fit it, each as a sentence."""
    yield from _strange_keys(key, service)
    yield from _missing_keys(key, service)
    yield from _ports(key, service)
    yield from _probes(key, service)
    yield from _scaling(key, service)
    yield from _runs(key, service, rollout_seconds)


def _strange_keys(key: str, service: Service) -> Iterator[str]:
    for field, (kinds, reason) in KEYS.items():
        value = getattr(service, field)
        if service.kind in kinds or field not in service.model_fields_set or value is None or value == []:
            continue
        alias = Service.model_fields[field].alias
        shown = f" is {json.dumps(value)}" if isinstance(value, str | int) else " is set"
        yield (f"{key}.{alias}{shown}, and a {service.kind} {reason}; remove it, or write kind: {' or '.join(kinds)}")


def _missing_keys(key: str, service: Service) -> Iterator[str]:
    if service.kind == "web" and service.port is None:
        yield (
            f"{key}.port is null, and the kind is web; write the port that the program listens on, or kind: "
            "worker where it listens on none"
        )
    if service.kind == "cron" and service.schedule is None:
        yield f'{key}.schedule is null, and the kind is cron; write when it runs, such as schedule: "30 2 * * *"'


def _ports(key: str, service: Service) -> Iterator[str]:
    given: dict[str, list[object]] = {
        "name": [each.name for each in service.ports],
        "port": [*([] if service.port is None else [service.port]), *(each.port for each in service.ports)],
    }
    for field, values in given.items():
        for value, times in Counter(values).items():
            if times > 1:
                yield f"{key}.ports: {times} ports have the {field} {value}; give each its own"


def _probes(key: str, service: Service) -> Iterator[str]:
    for name, probe in {"liveness": service.liveness, "readiness": service.readiness}.items():
        if probe is not None and probe.http is not None and probe.port is None and service.kind == "worker":
            yield (
                f"{key}.health.{name} is {json.dumps(probe.http)}, and a worker has no port that would answer; write "
                f"the port: {{http: {probe.http}, port: 8080}}, or {{command: […]}}, or null"
            )


def _scaling(key: str, service: Service) -> Iterator[str]:
    scaling, replicas = service.scaling, service.replicas
    if scaling is None or service.kind in RUNS:
        return
    if replicas.min == replicas.max:
        yield (
            f"{key}.scaling is set, and replicas has min and max {replicas.min}: the number of pods is fixed; write "
            "a larger max, or remove scaling"
        )
    if scaling.metrics and (scaling.cpu or scaling.memory):
        yield (
            f"{key}.scaling has metrics and {'cpu' if scaling.cpu else 'memory'}; write it among the metrics: "
            "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}"
        )
    if not scaling.metrics and scaling.cpu is None and scaling.memory is None:
        yield f"{key}.scaling says nothing to follow; write cpu: 70, memory: 80 or metrics, or remove it"


def _runs(key: str, service: Service, rollout_seconds: int) -> Iterator[str]:
    deadline = service.deadline_seconds
    if service.kind == "job" and deadline is not None and deadline > rollout_seconds:
        yield (
            f"{key}.deadlineSeconds is {deadline}, and a whole release has slipway:rolloutSeconds {rollout_seconds}; "
            "write less, or a larger rolloutSeconds"
        )
    if service.kind == "cron" and len(service.name) > LONGEST_CRON:
        yield (
            f"{key}.name has {len(service.name)} characters, and a CronJob's name has at most {LONGEST_CRON}; "
            "write a shorter one"
        )
    if service.kind == "cron" and service.storage and service.concurrency == "allow":
        yield (
            f"{key}.concurrency is allow and the service has storage, a volume that one run can have at a time; "
            "write forbid or replace"
        )
