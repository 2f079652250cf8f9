"""The logs of services: of all their pods, those that start later included, in the order of time."""

from __future__ import annotations

import heapq
import queue
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from delivery.cluster import StackCluster
from delivery.kubectl import Kubectl
from delivery.outcome import RefusedError, UnreachableError
from operations.kubectl import open_kubectl
from operations.log_line import LogLine, parse_line
from operations.pods import PodFacts, find_pods

LAST_LINES = 100  # of each container, where no time is given
CRASH_LINES = 20  # of the run before, of a container that crashed
NEW_PODS_SECONDS = 2.0  # between two looks for pods that started meanwhile
READERS = 8  # kubectl processes at once
DURATION = re.compile(r"(\d+)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, kw_only=True)
class LogRequest:
    """Which lines.

    Attributes:
        services: names; none: all.
        tags: of the images by service, of one release; None: any.
        since_seconds: how old lines may be; None: the last LAST_LINES of each container.
        pattern: what a line must contain, as a regular expression.
        previous: whether of the run of each container before the present one.
    """

    services: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None
    since_seconds: int | None = None
    pattern: re.Pattern[str] | None = None
    previous: bool = False

    def accepts(self, line: LogLine) -> bool:
        """Whether a line is asked for."""
        return self.pattern is None or self.pattern.search(line.text) is not None


def parse_duration(text: str) -> int:
    """Seconds of `42m`, `90s`, `2h` or `1d`.

    Raises:
        ValueError: it is something else.
    """
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time; write it such as 42m, 90s, 2h or 1d")
    return int(match[1]) * SECONDS[match[2]]


def iterate_lines(cluster: StackCluster, request: LogRequest, *, follow: bool = False) -> Iterator[LogLine]:
    """Return what is asked for: lines of containers that crashed first.

    Raises:
        RefusedError, UnreachableError: as for `read_logs` and `follow_logs`.
    """
    if not request.previous:
        yield from read_crashes(cluster, request)
    yield from follow_logs(cluster, request) if follow else read_logs(cluster, request)


def read_logs(cluster: StackCluster, request: LogRequest) -> Iterator[LogLine]:
    """Return the lines that are there, in the order of time.

    Raises:
        RefusedError: no pod is asked for.
        UnreachableError: the cluster does not answer.
    """
    pods = _find(cluster, request)
    with open_kubectl(cluster) as kubectl, ThreadPoolExecutor(READERS) as readers:
        streams = readers.map(lambda each: _read(kubectl, request, *each), _list_containers(pods))
        yield from filter(request.accepts, heapq.merge(*streams, key=lambda line: line.at))


def read_crashes(cluster: StackCluster, request: LogRequest) -> Iterator[LogLine]:
    """Return the last lines of each container that crashed and was started again, which nobody asked for by name."""
    pods = find_pods(cluster, request.services, request.tags)
    with open_kubectl(cluster) as kubectl:
        for pod in pods:
            for container in pod.crashed:
                words = ["logs", pod.name, "--container", container, "--previous", "--timestamps"]
                done = _run(kubectl.command(*words, f"--tail={CRASH_LINES}"))
                yield from (parse_line(pod.name, container, line) for line in done.stdout.splitlines())


def follow_logs(
    cluster: StackCluster, request: LogRequest, ended: Callable[[], bool] = lambda: False
) -> Iterator[LogLine]:
    """Return the lines that are there, and then each new one, of pods that start later, too; without an end.

    Args:
        ended: asked now and then; the lines end when it says so.

    Raises:
        RefusedError: no pod is asked for.
    """
    _find(cluster, request)
    with open_kubectl(cluster) as kubectl, _Followers(kubectl, request) as followers:
        looked = 0.0
        while not ended():
            if time.monotonic() - looked > NEW_PODS_SECONDS:
                followers.add(find_pods(cluster, (), request.tags))
                looked = time.monotonic()
            try:
                line = followers.lines.get(timeout=NEW_PODS_SECONDS / 4)
            except queue.Empty:
                continue
            if request.accepts(line):
                yield line


def _find(cluster: StackCluster, request: LogRequest) -> list[PodFacts]:
    pods = find_pods(cluster, request.services, request.tags)
    if not pods:
        of = " of that release" if request.tags is not None else ""
        raise RefusedError(f"no pod{of} runs on {cluster.stack}; `slipway status --stack {cluster.stack}` lists them")
    return pods


def _list_containers(pods: list[PodFacts]) -> list[tuple[str, str]]:
    return [(pod.name, container) for pod in pods for container in pod.containers]


def _words(request: LogRequest, pod: str, container: str) -> list[str]:
    since = [f"--since={request.since_seconds}s"] if request.since_seconds is not None else [f"--tail={LAST_LINES}"]
    previous = ["--previous"] if request.previous else []
    return ["logs", pod, "--container", container, "--timestamps", *since, *previous]


def _read(kubectl: Kubectl, request: LogRequest, pod: str, container: str) -> list[LogLine]:
    done = _run(kubectl.command(*_words(request, pod, container)))
    if done.returncode and "Unable to connect" in done.stderr:
        raise UnreachableError(f"the cluster does not answer: {done.stderr.strip()}")
    # A container that has not started, or no run before this one, has no log: the others do.
    return [parse_line(pod, container, line) for line in done.stdout.splitlines()]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)


@dataclass
class _Followers:
    """One kubectl for each container that is followed; all of them end with this."""

    kubectl: Kubectl
    request: LogRequest
    lines: queue.Queue[LogLine] = field(default_factory=queue.Queue)
    _processes: dict[tuple[str, str], subprocess.Popen[str]] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _last: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.terminate()
        for thread in self._threads:  # each ends with its process
            thread.join()

    def add(self, pods: list[PodFacts]) -> None:
        """Follow the containers that are not followed yet, and again one that was started again: its log ended."""
        for pod in pods:
            if self.request.services and pod.service not in self.request.services:
                continue
            for container in pod.containers:
                key = (pod.name, container)
                known = self._processes.get(key)
                if known is None or (known.poll() is not None and container in pod.running):
                    self._begin(*key)

    def _begin(self, pod: str, container: str) -> None:
        words = _words(self.request, pod, container)
        if (last := self._last.get((pod, container))) is not None:
            words = ["logs", pod, "--container", container, "--timestamps", f"--since-time={last:%Y-%m-%dT%H:%M:%SZ}"]
        command = self.kubectl.command(*words, "--follow")
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", errors="replace"
        )
        self._processes[pod, container] = process
        thread = threading.Thread(target=self._pass_on, args=(process, pod, container, last), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _pass_on(self, process: subprocess.Popen[str], pod: str, container: str, last: datetime | None) -> None:
        with process:
            for raw in process.stdout or ():
                line = parse_line(pod, container, raw.rstrip("\n"))
                if last is None or line.at > last:  # Kubernetes takes whole seconds: some lines come twice
                    self._last[pod, container] = line.at
                    self.lines.put(line)
