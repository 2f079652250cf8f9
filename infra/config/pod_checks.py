"""Checks of the parts of a pod that a service writes itself, against Kubernetes' own schemas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra.config.service import Service

OLDEST = "1.33"  # the oldest minor version of Kubernetes that the generic chart is checked against
# What is set from another key, which the text names, or may not be set in the stack's namespace at all.
RESTRICTED = "the namespace refuses such pods (Kubernetes' pod security level `restricted`); remove it"
OF_THE_POD = {
    "containers": "write container, and further ones as initContainers with restartPolicy: Always",
    "ephemeralContainers": "those are of `kubectl debug`; remove it",
    "restartPolicy": "the kind decides it; remove it",
    "imagePullSecrets": "write cluster.registryIntegration: true",
    "terminationGracePeriodSeconds": "write stopSeconds",
    "activeDeadlineSeconds": "write deadlineSeconds, of a cron or a job",
    "priorityClassName": "write priority",
    "nodeName": "write pool, or nodeSelector",
    "hostNetwork": RESTRICTED,
    "hostPID": RESTRICTED,
    "hostIPC": RESTRICTED,
    "securityContext.runAsUser": "write user",
    "securityContext.runAsGroup": "write user",
    "securityContext.fsGroup": "write user",
    "securityContext.runAsNonRoot": RESTRICTED,
    "securityContext.seccompProfile": RESTRICTED,
    "securityContext.seLinuxOptions": RESTRICTED,
    "securityContext.sysctls": RESTRICTED,
    "securityContext.windowsOptions": RESTRICTED,
}
# Of every container, `initContainers` too.
OF_EVERY_CONTAINER = {
    "securityContext.privileged": RESTRICTED,
    "securityContext.allowPrivilegeEscalation": RESTRICTED,
    "securityContext.capabilities": RESTRICTED,
    "securityContext.procMount": RESTRICTED,
    "securityContext.runAsUser": "write user of the service",
    "securityContext.runAsGroup": "write user of the service",
    "securityContext.runAsNonRoot": RESTRICTED,
    "securityContext.seccompProfile": RESTRICTED,
    "securityContext.seLinuxOptions": RESTRICTED,
    "securityContext.windowsOptions": RESTRICTED,
}
OF_THE_CONTAINER = {
    **OF_EVERY_CONTAINER,
    "name": "it is the service's name; remove it",
    "image": "it is built from folder; remove it",
    "imagePullPolicy": "an image is pulled by its digest; remove it",
    "command": "write command of the service",
    "args": "write args of the service",
    "ports": "write port and ports",
    "env": "write environment, or secrets",
    "envFrom": "write environment, or secrets",
    "resources.requests.cpu": "write resources.requests.cpu of the service",
    "resources.requests.memory": "write resources.requests.memory of the service",
    "resources.limits.memory": "write resources.limits.memory of the service",
    **{
        f"{probe}.{form}": f"write health.{key}"
        for probe, key in {
            "startupProbe": "liveness",
            "livenessProbe": "liveness",
            "readinessProbe": "readiness",
        }.items()
        for form in ("httpGet", "tcpSocket", "grpc", "exec")
    },
}
# https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
VOLUMES = ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret")
CHARTS_VOLUMES = re.compile(r"data|(writable|secret)-\d+")


def find_pod_problems(key: str, service: Service, version: str) -> Iterator[str]:
    """Find what Kubernetes, or the chart, does not take in `pod`, `container` and `scaling.metrics`, as sentences.

    Args:
        version: of Kubernetes, whose schema is asked: `1.34`.
    """
    yield from _taken(f"{key}.pod", service.pod, OF_THE_POD)
    yield from _taken(f"{key}.container", service.container, OF_THE_CONTAINER)
    yield from _init_containers(key, service)
    yield from _volumes(key, service)
    if service.pod or service.container:
        yield from _pod_schema(key, service, version)
    if service.scaling and service.scaling.metrics:
        yield from _metrics_schema(key, service.scaling.metrics, version)


def _taken(key: str, given: Mapping[str, Any], taken: Mapping[str, str]) -> Iterator[str]:
    for place, instead in taken.items():
        value: Any = given
        for part in place.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            yield f"{key}.{place} is not free to choose: {instead}"


def _init_containers(key: str, service: Service) -> Iterator[str]:
    for at, container in enumerate(_mappings(service.pod.get("initContainers"))):
        place = f"{key}.pod.initContainers[{at}]"
        yield from _taken(place, container, OF_EVERY_CONTAINER)
        for port in _mappings(container.get("ports")):
            if port.get("hostPort") is not None:
                yield f"{place}.ports: hostPort: {RESTRICTED}"


def _volumes(key: str, service: Service) -> Iterator[str]:
    for at, volume in enumerate(_mappings(service.pod.get("volumes"))):
        name = volume.get("name")
        if isinstance(name, str) and CHARTS_VOLUMES.fullmatch(name):
            yield f"{key}.pod.volumes[{at}].name is {name!r}, which the chart's own volume has; write another"
        for kind in sorted(set(volume) - {"name", *VOLUMES}):
            yield f"{key}.pod.volumes[{at}].{kind}: {RESTRICTED}, or write one of {', '.join(VOLUMES)}"
    names = [volume.get("name") for volume in _mappings(service.pod.get("volumes"))]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield f"{key}.pod.volumes has {name!r} twice; give each its own name"
    used = [*service.writable, *([service.storage.mount_path] if service.storage else [])]
    for at, mount in enumerate(_mappings(service.container.get("volumeMounts"))):
        if mount.get("mountPath") in used:
            place = f"{key}.container.volumeMounts[{at}].mountPath"
            yield f"{place} is {mount['mountPath']!r}, which the service has already; write another"
        if isinstance(name := mount.get("name"), str) and name not in names:
            known = ", ".join(map(str, names)) or "none"
            yield f"{key}.container.volumeMounts[{at}].name is {name!r}, and pod.volumes has {known}; add it there"


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    """The mappings of a list; what is of another type is the schema's to refuse."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _pod_schema(key: str, service: Service, version: str) -> Iterator[str]:
    container = {"name": "x", "image": "x", **service.container}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x"},
        "spec": {**service.pod, "containers": [container]},
    }
    for place, message in _validate(pod, version):
        if place[:3] == ["spec", "containers", 0]:
            yield f"{key}.container{_dotted(place[3:])}: {message}; see `kubectl explain pod.spec.containers`"
        else:
            yield f"{key}.pod{_dotted(place[1:])}: {message}; see `kubectl explain pod.spec`"


def _metrics_schema(key: str, metrics: list[dict[str, Any]], version: str) -> Iterator[str]:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "x"}, "maxReplicas": 2, "metrics": metrics}
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "x"},
        "spec": spec,
    }
    for place, message in _validate(scaler, version):
        yield f"{key}.scaling{_dotted(place[1:])}: {message}; see `kubectl explain hpa.spec.metrics`"


def _validate(content: dict[str, Any], version: str) -> Iterator[tuple[list[str | int], str]]:
    """Yield the place and the text of the first thing that Kubernetes' strict schema refuses."""
    import kubernetes_validate  # takes half a second, and few services write anything here

    # The stack's, or the nearest that there is: another version is refused elsewhere, or newer than the schemas.
    nearest = sorted([OLDEST, version, kubernetes_validate.latest_version()], key=_numbers)[1]
    try:
        kubernetes_validate.validate(content, nearest, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield list(error.absolute_path), error.message


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")[:2]]


def _dotted(place: list[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
