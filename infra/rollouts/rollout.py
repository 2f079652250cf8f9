"""Report why a rollout is stuck, before Helm deletes the failing pods.

Helm says "context deadline exceeded", and by then has deleted the pods that show the reason (pulumi-kubernetes issue
4389). So a thread watches the release's pods meanwhile and reports each reason once, with the last log lines.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
from lightkube.core.client import Client
from lightkube.core.exceptions import ApiError
from lightkube.resources.core_v1 import Event, Pod

from infra.rollouts.cluster_access import client
from infra.rollouts.pod_problems import Problem, find_problems

INTERVAL_SECONDS = 2.0
LOG_LINES = 20
EVENTS = 3
OF_A_CRON = ("app.kubernetes.io/component", "cron")  # a run that failed last night is not this release's


def report(release: str, problem: Problem, log: list[str], events: list[str]) -> str:
    """A problem as a person reads it."""
    where = f"pod {problem.pod}" + (f", container {problem.container}" if problem.container else "")
    lines = [f"{release}: {where}: {problem.reason}: {problem.detail.strip()}"]
    lines += [f"    event: {event}" for event in events]
    lines += [f"    log: {line}" for line in log]
    return "\n".join(lines)


@dataclass
class RolloutWatch:
    """Watches one release's pods from `begun` until `ended`; failures of its own are never the rollout's."""

    release: str
    resource: pulumi.Resource
    _seen: set[tuple[str, str, str]] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)

    def begin(
        self, namespace: pulumi.Output[str], kubeconfig: pulumi.Input[str], values: pulumi.Input[Any]
    ) -> pulumi.Output[str]:
        """The namespace, with the watch running from when `values` are known too; a preview watches nothing."""
        if pulumi.runtime.is_dry_run():
            return namespace

        def start(facts: list[Any]) -> str:
            arguments = (str(facts[0]), str(facts[1]), asyncio.get_running_loop())
            threading.Thread(target=self._watch, args=arguments, daemon=True).start()
            return str(facts[0])

        return pulumi.Output.unsecret(pulumi.Output.all(namespace, kubeconfig, values).apply(start))

    def end(self) -> None:
        self._over.set()

    def _watch(self, namespace: str, kubeconfig: str, loop: asyncio.AbstractEventLoop) -> None:
        kubernetes: Client | None = None
        while not self._over.wait(INTERVAL_SECONDS):
            try:
                kubernetes = kubernetes or client(kubeconfig)
                for text in self.look(kubernetes, namespace):
                    self._say(loop, pulumi.log.warn, text)  # an error there would fail the run by itself
            except Exception as error:  # noqa: BLE001 - whatever it is, the rollout itself may be well
                self._say(loop, pulumi.log.debug, f"{self.release}: cannot look at its pods: {error}")

    def _say(self, loop: asyncio.AbstractEventLoop, log: Callable[..., None], text: str) -> None:
        """Pulumi's log belongs to its event loop."""
        try:
            loop.call_soon_threadsafe(log, text, self.resource)
        except RuntimeError:  # the loop is closed: the run is over, and nobody reads on
            self._over.set()

    def look(self, kubernetes: Client, namespace: str) -> Iterator[str]:
        """Reports of problems not reported before."""
        pods = kubernetes.list(Pod, namespace=namespace, labels={"app.kubernetes.io/instance": self.release})
        now = dt.datetime.now(dt.UTC)
        for pod in pods:
            if pod.metadata and OF_A_CRON in (pod.metadata.labels or {}).items():
                continue
            for problem in find_problems(pod, now):
                if problem.key not in self._seen:
                    self._seen.add(problem.key)
                    log = _log(kubernetes, namespace, problem)
                    yield report(self.release, problem, log, _events(kubernetes, namespace, problem.pod))


def _log(kubernetes: Client, namespace: str, problem: Problem) -> list[str]:
    """The container's last lines; while it waits to be started again, those of the run before."""
    if not problem.container:
        return []
    try:
        lines = kubernetes.log(
            problem.pod,
            namespace=namespace,
            container=problem.container,
            tail_lines=LOG_LINES,
        )
        return [line.rstrip() for line in lines]
    except ApiError:  # a container that never ran has no log
        return []


def _events(kubernetes: Client, namespace: str, pod: str) -> list[str]:
    events = kubernetes.list(Event, namespace=namespace, fields={"involvedObject.name": pod, "type": "Warning"})
    return [f"{event.reason}: {event.message}" for event in list(events)[-EVENTS:]]
