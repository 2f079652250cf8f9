"""Whether an image runs as a cluster will run it: nobody's root, nothing to write but /tmp, no right to anything."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import docker
import httpx
from docker import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from delivery.outcome import DeliveryError, MissingError

READY_SECONDS = 60.0
LAST_LINES = 20
# How a container is run, as the chart has it: no rights, and one place that may be written.
CONFINEMENT: dict[str, Any] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "tmpfs": {"/tmp": "mode=1777"},  # noqa: S108  # nosec B108
}
SUPERUSERS = {"", "0", "root"}


def refuse_root(image: str) -> DockerClient:
    """Refuse an image that runs as root, as every cluster does; returns the Docker Engine that has it.

    Raises:
        MissingError, DeliveryError: as for `check`.
    """
    try:
        client = docker.from_env()
        user = str(client.images.get(image).attrs["Config"].get("User") or "")
    except DockerException as error:
        raise MissingError(f"cannot look at {image}: {error}") from error
    if user.partition(":")[0] in SUPERUSERS:
        raise DeliveryError(f"{image} runs as root; end its Dockerfile with `USER 10001:10001`")
    return client


def check(image: str, port: int, path: str, environment: Mapping[str, str]) -> str:
    """Start the image, wait for 200 at `path`, and stop it; returns how long that took, as a sentence.

    Raises:
        MissingError: no Docker Engine, or it has no such image.
        DeliveryError: it runs as root, ended, or does not become ready; the text has its last lines.
    """
    client = refuse_root(image)
    try:
        container = client.containers.run(
            image,
            detach=True,
            **CONFINEMENT,
            ports={f"{port}/tcp": ("127.0.0.1", 0)},
            environment=dict(environment),
        )
        try:
            return _wait_until_ready(container, port, path)
        finally:
            container.remove(force=True)
    except DockerException as error:
        raise DeliveryError(f"{image} cannot be run: {error}") from error


def _wait_until_ready(container: Container, port: int, path: str) -> str:
    started = time.monotonic()
    while time.monotonic() - started < READY_SECONDS:
        container.reload()
        if container.status == "exited":
            break
        bound = container.ports.get(f"{port}/tcp")
        if bound and _answers(f"http://127.0.0.1:{bound[0]['HostPort']}{path}"):
            return f"ready after {time.monotonic() - started:.1f} s"
        time.sleep(0.1)
    said = container.logs(tail=LAST_LINES).decode(errors="replace")
    raise DeliveryError(f"the container is {container.status} and {path} never answered 200; it said:\n{said}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
