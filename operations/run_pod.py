"""A new pod for one command: the release's image, environment and secrets, and a size of its own.

It is a Job's, which Kubernetes itself removes: a laptop that is closed leaves nothing beyond the deadline. The pod
sleeps, and the command runs in it by `kubectl exec`: its input, output and exit status are complete, as they would
not be of a process that begins before anyone is attached to it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from datetime import UTC, datetime

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.models.batch_v1 import JobSpec
from lightkube.models.core_v1 import (
    Container,
    EmptyDirVolumeSource,
    PodSpec,
    PodTemplateSpec,
    ResourceRequirements,
    Volume,
    VolumeMount,
)
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import Pod
from lightkube.types import CascadeType

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError, RefusedError, UnreachableError
from infra.rollouts.pod_problems import find_problems
from infra.versions import SHELL_IMAGE
from operations.cluster import SESSION_SECONDS
from operations.images import provide_image
from operations.pod_templates import find_pod_template, get_container
from operations.pods import COMPONENT, NAME, VERSION

RUN = "run"
INSTANCE = "app.kubernetes.io/instance"
DEADLINE_SECONDS = SESSION_SECONDS  # of a pod whose command was left alone
START_SECONDS = 180.0
POLL_SECONDS = 0.5
FOLDER = "/slipway"
NO_SLEEP = "executable file not found"


class NoSleepError(DeliveryError):
    """The image has no `sleep`, which keeps a pod for a command alive."""


@contextmanager
def create_pod(
    cluster: StackCluster, service: str, limits: Mapping[str, str], tag: str | None = None
) -> Iterator[Pod]:
    """Yield a pod that is ready for a command; it is deleted afterwards.

    Args:
        limits: `cpu` and `memory`, where not the service's own.
        tag: of the image; None: that of the release that runs.

    Raises:
        RefusedError: there is no such service, or the registry has no such image.
        UnreachableError: it does not start in START_SECONDS.
        DeliveryError: the cluster refuses.
    """
    template = find_pod_template(cluster, service)
    if tag is not None:
        template = _change_image(template, tag)
    try:
        with _create(cluster, service, _make_job(template, service, limits)) as pod:
            yield pod
            return
    except NoSleepError:
        provide_image(cluster, SHELL_IMAGE)
    with _create(cluster, service, _add_sleep(_make_job(template, service, limits))) as pod:
        yield pod


@contextmanager
def _create(cluster: StackCluster, service: str, job: Job) -> Iterator[Pod]:
    name = str(job.metadata.name if job.metadata else "")
    try:
        cluster.client.create(job, namespace=cluster.namespace)
        yield _wait(cluster, name)
    except ApiError as error:
        raise DeliveryError(f"the cluster refuses a pod of {service}: {error}") from error
    except httpx2.HTTPError as error:
        raise UnreachableError(f"the cluster of {cluster.stack} does not answer: {error}") from error
    finally:
        with suppress(ApiError, httpx2.HTTPError):  # its deadline ends it, too
            cluster.client.delete(
                Job, name, namespace=cluster.namespace, cascade=CascadeType.BACKGROUND, grace_period=0
            )


def _change_image(template: PodTemplateSpec, tag: str) -> PodTemplateSpec:
    """The same with another release's image of the same repository; where it is that release's, as it is."""
    changed = deepcopy(template)
    metadata, container = changed.metadata or ObjectMeta(), get_container(changed)
    labels = metadata.labels or {}
    if labels.get(VERSION) != tag:
        container.image = f"{str(container.image).partition('@')[0]}:{tag}"
        container.imagePullPolicy = "Always"  # a node may have another image of that tag
    metadata.labels = {**labels, VERSION: tag}
    changed.metadata = metadata
    return changed


def _make_job(template: PodTemplateSpec, service: str, limits: Mapping[str, str]) -> Job:
    template = deepcopy(template)
    pod, labels = template.spec or PodSpec(containers=[]), (template.metadata and template.metadata.labels) or {}
    pod.containers = [_make_container(get_container(template), limits)]
    pod.restartPolicy = "Never"
    pod.terminationGracePeriodSeconds = 1
    # Not the service's own labels: no traffic comes here, and no rollout waits for it.
    own = {NAME: f"{service}-{RUN}", INSTANCE: service, COMPONENT: RUN, VERSION: labels.get(VERSION, "")}
    name = f"{service}-{RUN}-{secrets.token_hex(4)}"
    return Job(
        metadata=ObjectMeta(name=name, labels=own),
        spec=JobSpec(
            template=PodTemplateSpec(metadata=ObjectMeta(labels=own), spec=pod),
            backoffLimit=0,
            activeDeadlineSeconds=DEADLINE_SECONDS,
            ttlSecondsAfterFinished=0,
        ),
    )


def _make_container(container: Container, limits: Mapping[str, str]) -> Container:
    """The service's container as it is, but for what keeps a server alive."""
    container.command, container.args = ["sleep", str(DEADLINE_SECONDS)], None
    container.livenessProbe = container.readinessProbe = container.startupProbe = container.lifecycle = None
    container.ports = None
    own = container.resources or ResourceRequirements()
    container.resources = ResourceRequirements(
        requests={**(own.requests or {}), **limits}, limits={**(own.limits or {}), **limits}
    )
    return container


def _add_sleep(job: Job) -> Job:
    """The same with BusyBox's `sleep`, which a container that runs before copies to a volume."""
    template = job.spec.template if job.spec else None
    if template is None or template.spec is None:
        return job
    pod, mount = template.spec, VolumeMount(name="slipway", mountPath=FOLDER)
    container = pod.containers[0]
    copy = Container(
        name="sleep",
        image=SHELL_IMAGE,
        command=["/bin/busybox", "cp", "/bin/busybox", f"{FOLDER}/busybox"],
        resources=container.resources,
        securityContext=container.securityContext,
        volumeMounts=[mount],
    )
    pod.initContainers = [*(pod.initContainers or ()), copy]
    pod.volumes = [*(pod.volumes or ()), Volume(name="slipway", emptyDir=EmptyDirVolumeSource())]
    container.command = [f"{FOLDER}/busybox", *(container.command or ())]
    container.volumeMounts = [*(container.volumeMounts or ()), mount]
    return job


def _wait(cluster: StackCluster, job: str) -> Pod:
    deadline = time.monotonic() + START_SECONDS
    problems: list[str] = []
    while time.monotonic() < deadline:
        for pod in cluster.find(Pod, {"batch.kubernetes.io/job-name": job}):
            statuses = (pod.status.containerStatuses if pod.status else None) or []
            if any(each.state and each.state.running for each in statuses):
                return pod
            problems = [f"{each.reason}: {each.detail}" for each in find_problems(pod, datetime.now(UTC))]
            if any(NO_SLEEP in each for each in problems):
                raise NoSleepError(NO_SLEEP)
            if no_image := next((each for each in problems if "Pull" in each and "not found" in each), None):
                raise RefusedError(f"the registry has no image of that release: {no_image}")
        time.sleep(POLL_SECONDS)
    reason = "; ".join(problems) or "Kubernetes gives no reason"
    raise UnreachableError(f"the pod for the command did not start in {START_SECONDS:.0f} s: {reason}")
