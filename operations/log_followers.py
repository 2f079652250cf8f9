"""The logs of containers that are followed, as they grow."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from delivery.kubectl import Kubectl
from operations.log_line import LogLine, parse_line
from operations.log_problems import find_problem, report_problem
from operations.pods import PodFacts


@dataclass
class Followers:
    """One kubectl for each container that is followed; all of them end with this.

    Attributes:
        make_words: of a pod and a container, what follows the word `kubectl` to read its log.
        services: names; none: all.
        lines: that came and were not taken yet.
    """

    kubectl: Kubectl
    make_words: Callable[[str, str], list[str]]
    services: tuple[str, ...]
    lines: queue.Queue[LogLine] = field(default_factory=queue.Queue)
    _processes: dict[tuple[str, str], subprocess.Popen[bytes]] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _last: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _problems: set[tuple[str, str, str]] = field(default_factory=set)

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
            if self.services and pod.service not in self.services:
                continue
            for container in pod.containers:
                key = (pod.name, container)
                known = self._processes.get(key)
                if known is None or (known.poll() is not None and container in pod.running):
                    self._begin(*key)

    def _begin(self, pod: str, container: str) -> None:
        words = self.make_words(pod, container)
        if (last := self._last.get((pod, container))) is not None:
            words = ["logs", pod, "--container", container, "--timestamps", f"--since-time={last:%Y-%m-%dT%H:%M:%SZ}"]
        command = self.kubectl.command(*words, "--follow")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._processes[pod, container] = process
        thread = threading.Thread(target=self._pass_on, args=(process, pod, container, last), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _pass_on(self, process: subprocess.Popen[bytes], pod: str, container: str, last: datetime | None) -> None:
        with process:
            for raw in process.stdout or ():
                line = parse_line(pod, container, raw.removesuffix(b"\n").decode(errors="replace"))
                if last is None or line.at > last:  # Kubernetes takes whole seconds: some lines come twice
                    self._last[pod, container] = line.at
                    self.lines.put(line)
            errors = process.stderr.read() if process.stderr else b""
        problem = find_problem(process.returncode, errors)
        if problem and (pod, container, problem) not in self._problems:  # each look at the pods tries again
            self._problems.add((pod, container, problem))
            report_problem(pod, container, problem)
