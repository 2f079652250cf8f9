"""The logs of services: of all their pods, those that start later included, in the order of time."""

from __future__ import annotations

import heapq
import queue
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from delivery.cluster import StackCluster
from delivery.kubectl import Kubectl
from delivery.outcome import RefusedError
from operations.kubectl import open_kubectl
from operations.log_followers import Followers
from operations.log_line import LogLine, describe_text, parse_line, split_lines
from operations.log_problems import find_problem, make_error, report_problem
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
        pattern: what a line must contain as it was written or as it is printed, as a regular expression.
        previous: whether of the run of each container before the present one.
    """

    services: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None
    since_seconds: int | None = None
    pattern: re.Pattern[str] | None = None
    previous: bool = False

    def accepts(self, line: LogLine) -> bool:
        """Whether a line is asked for."""
        if self.pattern is None:
            return True
        return any(self.pattern.search(text) for text in (line.text, describe_text(line.text)))


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
        UnreachableError, DeliveryError: none can be read. Where some can, standard error says which cannot.
    """
    containers = _list_containers(_find(cluster, request))
    with open_kubectl(cluster) as kubectl, ThreadPoolExecutor(READERS) as readers:
        readings = list(readers.map(lambda each: _read(kubectl, request, *each), containers))
    problems = {key: reading for key, reading in zip(containers, readings, strict=True) if isinstance(reading, str)}
    if problems and len(problems) == len(containers):
        raise make_error(problems.values())
    for key, problem in problems.items():
        report_problem(*key, problem)
    streams = (reading for reading in readings if not isinstance(reading, str))
    yield from filter(request.accepts, heapq.merge(*streams, key=lambda line: line.at))


def read_crashes(cluster: StackCluster, request: LogRequest) -> Iterator[LogLine]:
    """Return the last lines of each container that crashed and was started again, which nobody asked for by name."""
    pods = find_pods(cluster, request.services, request.tags)
    with open_kubectl(cluster) as kubectl:
        for pod in pods:
            for container in pod.crashed:
                words = ["logs", pod.name, "--container", container, "--previous", "--timestamps"]
                done = _run(kubectl.command(*words, f"--tail={CRASH_LINES}"))
                yield from (parse_line(pod.name, container, line) for line in split_lines(done.stdout))


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
    with (
        open_kubectl(cluster) as kubectl,
        Followers(kubectl, partial(_words, request), request.services) as followers,
    ):
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


def _read(kubectl: Kubectl, request: LogRequest, pod: str, container: str) -> list[LogLine] | str:
    """The lines of a container, or why they cannot be read."""
    done = _run(kubectl.command(*_words(request, pod, container)))
    problem = find_problem(done.returncode, done.stderr)
    return problem or [parse_line(pod, container, line) for line in split_lines(done.stdout)]


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, check=False)
