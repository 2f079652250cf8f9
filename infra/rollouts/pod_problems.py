"""What keeps a pod from being ready, from its status alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from lightkube.models.core_v1 import ContainerStatus
from lightkube.resources.core_v1 import Pod

UNREADY_SECONDS = 25.0  # report containers that are still unready after this long
PATIENT = frozenset({"ContainerCreating", "PodInitializing"})  # waiting for these is how a pod begins


@dataclass(frozen=True)
class Problem:
    """What keeps a pod from being ready; `container` is empty when it is the pod as a whole."""

    pod: str
    container: str
    reason: str
    detail: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.pod, self.container, self.reason


def find_problems(pod: Pod, now: dt.datetime) -> Iterator[Problem]:
    """What is wrong with a pod, from its status alone."""
    status, name = pod.status, str(pod.metadata.name if pod.metadata else "")
    if status is None or (pod.metadata and pod.metadata.deletionTimestamp):
        return
    for condition in status.conditions or []:
        if (condition.type, condition.status, condition.reason) == ("PodScheduled", "False", "Unschedulable"):
            yield Problem(name, "", str(condition.reason), str(condition.message))
    for container in [*(status.initContainerStatuses or []), *(status.containerStatuses or [])]:
        yield from _find_container_problems(name, container, now)


def _find_container_problems(pod: str, container: ContainerStatus, now: dt.datetime) -> Iterator[Problem]:
    state = container.state
    last = container.lastState.terminated if container.lastState else None
    ended = f"; it ended with exit code {last.exitCode} ({last.reason})" if last else ""
    if state is None or container.ready:
        return
    if state.waiting and state.waiting.reason and state.waiting.reason not in PATIENT:
        detail = f"{state.waiting.message or ''}{ended}"
        yield Problem(pod, container.name, state.waiting.reason, detail)
    elif state.terminated and state.terminated.exitCode != 0:
        detail = f"exit code {state.terminated.exitCode}: {state.terminated.message or ''}"
        yield Problem(pod, container.name, str(state.terminated.reason), detail)
    elif state.running and state.running.startedAt:
        seconds = (now - state.running.startedAt).total_seconds()
        if seconds > UNREADY_SECONDS:
            yield Problem(pod, container.name, "NotReady", f"running for {seconds:.0f} s and not ready{ended}")
