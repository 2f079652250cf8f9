"""A pod's port on this machine, for checks that a maintenance page would answer at the service's URL."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from delivery.cluster import StackCluster
from delivery.kubectl import configure_kubectl, require_kubectl
from delivery.outcome import DeliveryError, UnreachableError
from delivery.verification.pod_requests import find_sources

START_SECONDS = 30.0
POLL_SECONDS = 0.05
FORWARDS = re.compile(rb"^Forwarding from 127\.0\.0\.1:(\d+) ", re.MULTILINE)
LONGEST = 2000  # bytes of kubectl's words that are read


@contextmanager
def forward_pod(cluster: StackCluster, service: str, digest: str) -> Iterator[str]:
    """Yield the URL by which a pod of a service answers on this machine, through the API server.

    Args:
        digest: of the pod's image.

    Raises:
        DeliveryError: no such pod runs, or the cluster refuses.
        UnreachableError: its port does not open.
        MissingError: no kubectl on PATH.
    """
    source = next(find_sources(cluster, service, digest), None)
    if source is None:
        raise DeliveryError(f"no pod of {service} runs with the image {digest}")
    words = ("port-forward", f"pod/{source.pod}", f":{source.port}", "--address=127.0.0.1")
    with ExitStack() as stack:
        kubectl = stack.enter_context(configure_kubectl(cluster, require_kubectl()))
        said = stack.enter_context(tempfile.TemporaryFile())
        command = kubectl.command(*words)
        process = stack.enter_context(subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT))
        stack.callback(process.terminate)
        yield f"http://127.0.0.1:{_wait_for_port(process, said.fileno(), source.pod)}"


def _wait_for_port(process: subprocess.Popen[bytes], said: int, pod: str) -> int:
    deadline = time.monotonic() + START_SECONDS
    while True:
        ended = process.poll() is not None
        text = os.pread(said, LONGEST, 0)  # and not `read`: kubectl writes where the file stands
        if match := FORWARDS.search(text):
            return int(match[1])
        if ended or time.monotonic() > deadline:
            words = text.decode(errors="replace").strip() or "kubectl says nothing"
            raise UnreachableError(f"no port leads to pod {pod}: {words}")
        time.sleep(POLL_SECONDS)
