"""A shell beside a container whose image has none: an ephemeral container with BusyBox in the same pod.

It shares the container's processes, and its files are below /proc/1/root:
https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/. It is created here and not by `kubectl
debug`, which gives no exit status of a command. A pod keeps an ephemeral container until it is deleted itself, so its
only process is ended afterwards.
"""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.models.core_v1 import Container
from lightkube.resources.core_v1 import Pod

from delivery.cluster import StackCluster
from delivery.kubectl import Kubectl
from delivery.outcome import DeliveryError, UnreachableError
from infra.versions import SHELL_IMAGE
from operations.images import provide_image

SHELL = ("/bin/busybox", "sh")
START_SECONDS = 120.0
POLL_SECONDS = 0.3
LONGEST_SECONDS = 8 * 3600  # as a pod of `slipway run`
# Reasons of the kubelet's that do not pass while a command waits.
FINAL = {"RunContainerError", "CreateContainerError", "CreateContainerConfigError", "InvalidImageName"}
END_FILE = "/tmp/slipway-end"  # noqa: S108  # nosec B108 - in the container
WAIT = f"i=0; until [ -e {END_FILE} ] || [ $i -gt {LONGEST_SECONDS} ]; do sleep 1; i=$((i+1)); done"
USER = 10001  # where the pod names none: the namespace refuses root


def has_shell(kubectl: Kubectl, pod: str, container: str) -> bool:
    """Whether a container can run `sh`."""
    command = kubectl.command("exec", pod, "--container", container, "--", "sh", "-c", ":")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def create_debug_container(cluster: StackCluster, kubectl: Kubectl, pod: str, container: str) -> Iterator[str]:
    """Yield the name of an ephemeral container beside another one; its process ends afterwards.

    Raises:
        UnreachableError: it does not start in START_SECONDS.
        DeliveryError: the cluster refuses.
    """
    provide_image(cluster, SHELL_IMAGE)
    name = f"slipway-{secrets.token_hex(4)}"
    try:
        user = _find_user(cluster.client.get(Pod, pod, namespace=cluster.namespace), container)
        patch = {"spec": {"ephemeralContainers": [_make_container(name, container, user)]}}
        cluster.client.patch(Pod.Ephemeralcontainers, pod, patch, namespace=cluster.namespace)
        _wait(cluster, pod, name)
    except ApiError as error:
        raise DeliveryError(f"the cluster refuses an ephemeral container in {pod}: {error}") from error
    except httpx2.HTTPError as error:
        raise UnreachableError(f"the cluster of {cluster.stack} does not answer: {error}") from error
    try:
        yield name
    finally:
        end = kubectl.command("exec", pod, "--container", name, "--", "/bin/busybox", "touch", END_FILE)
        subprocess.run(end, capture_output=True, check=False)  # else it ends after LONGEST_SECONDS


def _make_container(name: str, target: str, user: int) -> dict[str, object]:
    return {
        "name": name,
        "image": SHELL_IMAGE,
        "command": [*SHELL, "-c", WAIT],
        "targetContainerName": target,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": user,  # the target's: only its own user may read its files
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def _find_user(pod: Pod, container: str) -> int:
    spec = pod.spec
    containers: list[Container] = [each for each in (spec.containers if spec else []) if each.name == container]
    contexts = [*(each.securityContext for each in containers), spec.securityContext if spec else None]
    return next((each.runAsUser for each in contexts if each and each.runAsUser), USER)


def _wait(cluster: StackCluster, pod: str, name: str) -> None:
    deadline, reason = time.monotonic() + START_SECONDS, ""
    while time.monotonic() < deadline:
        status = cluster.client.get(Pod, pod, namespace=cluster.namespace).status
        for each in (status and status.ephemeralContainerStatuses) or ():
            if each.name == name and each.state and each.state.running:
                return
            if each.name == name and each.state and each.state.terminated:
                ended = each.state.terminated
                raise DeliveryError(f"the ephemeral container in {pod} ended: {ended.reason} {ended.message or ''}")
            if each.name == name and each.state and (waiting := each.state.waiting):
                reason = f": {waiting.reason} {waiting.message or ''}".rstrip()
                if waiting.reason in FINAL:
                    raise DeliveryError(f"the ephemeral container in {pod} cannot start{reason}")
        time.sleep(POLL_SECONDS)
    raise UnreachableError(f"the ephemeral container in {pod} did not start in {START_SECONDS:.0f} s{reason}")
