"""The values of the generic chart that follow from a service's settings alone; see helm/service/values.yaml."""

from __future__ import annotations

from typing import Any

from infra.config.service import Service
from infra.config.workload import Probe

CRON_SECONDS = 3600  # a run that hangs must end some time, as the next one waits for it


def list_service_values(service: Service, rollout_seconds: int, *, seeds: bool = False) -> dict[str, Any]:
    """Return the values that a service's settings give.

    Args:
        rollout_seconds: the stack's; a job has as long, unless it says otherwise.
        seeds: whether the databases are filled, as in a preview environment.
    """
    values: dict[str, Any] = {
        "resources": service.resources.model_dump(),
        "terminationGracePeriodSeconds": service.stop_seconds,
        "runAsUser": service.user,
        "writableDirectories": service.writable,
        "environment": service.environment,
        "migration": {"enabled": False},
        "persistence": {"enabled": False},
        **_list_kind_values(service, rollout_seconds),
        **_list_pod_values(service),
    }
    if policy := _list_policy_values(service):
        values["networkPolicy"] = policy
    if service.migrate is not None:
        values["migration"] = {"enabled": True, "command": service.migrate}
    if seeds and service.seed is not None:
        values["seed"] = {"enabled": True, "command": service.seed}
    if service.test is not None:
        values["test"] = {"command": service.test}
    if service.storage is not None:
        storage = {"size": service.storage.size, "mountPath": service.storage.mount_path}
        values["persistence"] = {"enabled": True, **storage}
    return values


def _list_kind_values(service: Service, rollout_seconds: int) -> dict[str, Any]:
    match service.kind:
        case "web":
            return {**_list_web_values(service), **_list_running_values(service)}
        case "worker":
            return {"kind": "worker", **_list_running_values(service)}
        case "cron":
            cron = {
                "schedule": service.schedule,
                "timeZone": service.time_zone,
                "concurrency": service.concurrency,
            }
            return {"kind": "cron", "cron": cron, "job": _list_run_values(service, CRON_SECONDS)}
        case "job":
            return {"kind": "job", "job": {"when": service.when, **_list_run_values(service, rollout_seconds)}}


def _list_web_values(service: Service) -> dict[str, Any]:
    values: dict[str, Any] = {
        "port": service.port,
        "service": {"type": "NodePort", "nodePort": service.node_port} if service.node_port else {},
        "route": {},
        "drainSeconds": service.drain_seconds,
    }
    if service.ports:
        values["ports"] = [each.model_dump() for each in service.ports]
    return values


def _list_running_values(service: Service) -> dict[str, Any]:
    replicas = service.replicas
    scaling: dict[str, Any] = {
        "enabled": replicas.min != replicas.max,
        "minReplicas": replicas.min,
        "maxReplicas": replicas.max,
    }
    if wanted := service.scaling:
        scaling["targetCPUUtilizationPercentage"] = wanted.cpu or 0
        scaling["targetMemoryUtilizationPercentage"] = wanted.memory or 0
        scaling["metrics"] = wanted.metrics
    return {
        "replicas": replicas.min,
        "autoscaling": scaling,
        "health": {"liveness": _write_probe(service.liveness), "readiness": _write_probe(service.readiness)},
        "startupSeconds": service.health.startup_seconds,
    }


def _list_run_values(service: Service, default_seconds: int) -> dict[str, Any]:
    return {"deadlineSeconds": service.deadline_seconds or default_seconds, "retries": service.retries}


def _list_pod_values(service: Service) -> dict[str, Any]:
    """What is left out where it is empty."""
    values = {
        "command": service.command,
        "args": service.args,
        "priorityClassName": service.priority,
        "podAnnotations": service.annotations,
        "pod": service.pod,
        "container": service.container,
    }
    return {key: value for key, value in values.items() if value}


def _list_policy_values(service: Service) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if service.egress:
        values["extraEgress"] = [{"ports": [{"port": port} for port in service.egress]}]
    if service.clients is not None:
        values["clients"] = service.clients
    return values


def _write_probe(probe: Probe | None) -> Any:
    """A probe as the chart has it: a path alone as text, and "" for none."""
    if probe is None:
        return ""
    if probe.http is not None and probe.port is None:
        return probe.http
    return probe.model_dump(exclude_none=True)
