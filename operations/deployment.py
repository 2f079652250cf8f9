"""The Deployment of a service, and what is done with it by hand: start its pods anew, or have more of them."""

from __future__ import annotations

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

    Raises:
        RefusedError: there is no such service, or an autoscaler sets its number.
        DeliveryError: they do not become ready.
    """
    find_deployment(cluster, service)
    if any(each.metadata and each.metadata.name == service for each in cluster.find(HorizontalPodAutoscaler, {})):
        raise RefusedError(
            f"the number of pods of {service} follows its load: change `replicas` of {service} in "
            f"Pulumi.{cluster.stack}.yaml, and deploy"
        )
    _run(cluster, "scale", f"deployment/{service}", f"--replicas={replicas}")
    _wait(cluster, service)


def _wait(cluster: StackCluster, service: str) -> None:
    _run(cluster, "rollout", "status", f"deployment/{service}", f"--timeout={ROLLOUT_SECONDS}s")


def _run(cluster: StackCluster, *words: str) -> None:
    with open_kubectl(cluster) as kubectl:
        done = subprocess.run(kubectl.command(*words), stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise DeliveryError(f"kubectl {' '.join(words[:2])} of {cluster.stack}: {done.stderr.strip()}")
