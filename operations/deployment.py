"""The Deployment of a service, and what is done with it by hand: start its pods anew, or have more of them."""

from __future__ import annotations

import json
import subprocess

from lightkube.models.core_v1 import Container
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError, RefusedError
from operations.kubectl import open_kubectl
from operations.pods import OURS

ROLLOUT_SECONDS = 600  # as `slipway:rolloutSeconds` has it where a stack file says nothing


def find_deployment(cluster: StackCluster, service: str) -> Deployment:
    """Return the Deployment of a service.

    Raises:
        RefusedError: there is no such service.
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    named = {str(each.metadata.name): each for each in cluster.find(Deployment, OURS) if each.metadata}
    if service not in named:
        raise RefusedError(f"{cluster.stack} has no service {service!r}; it has {', '.join(sorted(named)) or 'none'}")
    return named[service]


def get_container(deployment: Deployment) -> Container:
    """The container of the service itself.

    Raises:
        RefusedError: there is none.
    """
    pod = deployment.spec.template.spec if deployment.spec else None
    if pod is None or not pod.containers:
        raise RefusedError("the Deployment has no container")
    return pod.containers[0]


def restart(cluster: StackCluster, service: str) -> None:
    """Replace the pods of a service, one after another, and wait until the new ones are ready.

    Raises:
        RefusedError: there is no such service.
        DeliveryError: they do not become ready; the old ones serve on.
    """
    find_deployment(cluster, service)
    _run(cluster, "rollout", "restart", f"deployment/{service}")
    _wait(cluster, service)


def scale(cluster: StackCluster, service: str, replicas: int) -> None:
    """Have another number of pods, until a deploy changes the service: that has the stack file's number.

    Of a service whose number follows its load it is the least one.

    Raises:
        RefusedError: there is no such service, or its autoscaler may not have so many.
        DeliveryError: they do not become ready.
    """
    deployment = find_deployment(cluster, service)
    present = (deployment.spec.replicas if deployment.spec else None) or 0
    scaler = next(
        (
            each
            for each in cluster.find(HorizontalPodAutoscaler, OURS)
            if each.metadata and each.metadata.name == service
        ),
        None,
    )
    if scaler is not None:
        _set_least(cluster, service, replicas, scaler.spec.maxReplicas if scaler.spec else replicas)
    if scaler is None or present < replicas:  # an autoscaler by itself would need a moment
        _run(cluster, "scale", f"deployment/{service}", f"--replicas={replicas}")
    _wait(cluster, service)


def _set_least(cluster: StackCluster, service: str, replicas: int, most: int) -> None:
    if not 1 <= replicas <= most:
        raise RefusedError(
            f"--replicas: {service} follows its load, with {most} pods at the most: write 1 to {most}, or change "
            "`replicas` in the stack file, and deploy"
        )
    change = json.dumps({"spec": {"minReplicas": replicas}})
    _run(cluster, "patch", f"horizontalpodautoscaler/{service}", f"--patch={change}")


def _wait(cluster: StackCluster, service: str) -> None:
    _run(cluster, "rollout", "status", f"deployment/{service}", f"--timeout={ROLLOUT_SECONDS}s")


def _run(cluster: StackCluster, *words: str) -> None:
    with open_kubectl(cluster) as kubectl:
        done = subprocess.run(kubectl.command(*words), stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise DeliveryError(f"kubectl {' '.join(words[:2])} of {cluster.stack}: {done.stderr.strip()}")
