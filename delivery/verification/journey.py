"""The journey of a service: its own command, in its own image, that uses the service as its users do.

The container is as poor as the service's own: the image's user, no rights, and nothing to write to but /tmp. It
shares this machine's network, so that it reaches what the checks before it reached, and through the same proxies.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import docker
from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.containers import Container

from delivery.images.image_check import CONFINEMENT
from delivery.outcome import MissingError
from delivery.redaction import redacted
from delivery.verification.smoke import Check
from infra.config.verification import Journey
from infra.source.registry_login import Login

NAME = "journey"
URL_VARIABLE = "SERVICE_URL"
LAST_LINES = 20
PAUSE_SECONDS = 0.1
# What clients of a container read as those of this machine do; either case is in use.
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
CERTIFICATES = "SSL_CERT_FILE"
CERTIFICATES_INSIDE = "/run/certificates.pem"


def open_engine() -> DockerClient:
    """A client of the Docker Engine that journeys run in.

    Raises:
        MissingError: none answers.
    """
    try:
        return docker.from_env()
    except DockerException as error:
        raise MissingError(
            f"a journey runs in the service's image, and no Docker Engine answers ({error}); "
            "start one, or set DOCKER_HOST to one that this machine reaches"
        ) from error


def run_journey(journey: Journey, image: str, url: str, login: Login | None = None) -> Check:
    """Run the journey, and remove its container, whatever became of it.

    Args:
        image: of the service, by its digest; it is pulled where the engine does not have it.
        url: of the service, which the command finds in SERVICE_URL.
        login: who may pull the image; None: whom Docker's own configuration names.
    """
    try:
        with closing(open_engine()) as engine, _interruptible():
            _pull(engine, image, login)
            container = _create(engine, journey, image, url)
            try:
                return _run(container, journey)
            finally:
                container.remove(force=True)
    except (MissingError, DockerException, OSError) as error:
        reason = error.explanation if isinstance(error, APIError) else error
        return Check(NAME, passed=False, detail=redacted(f"{_describe(journey)} cannot run in {image}: {reason}"))


def _pull(engine: DockerClient, image: str, login: Login | None) -> None:
    try:
        engine.images.get(image)
    except ImageNotFound:
        auth = {"username": login.username, "password": login.password} if login else None
        engine.images.pull(image, auth_config=auth)


def _create(engine: DockerClient, journey: Journey, image: str, url: str) -> Container:
    certificates = os.environ.get(CERTIFICATES) and str(Path(os.environ[CERTIFICATES]).resolve())
    environment = {name: os.environ[name] for name in PROXIES if name in os.environ} | {URL_VARIABLE: url}
    if certificates:
        environment[CERTIFICATES] = CERTIFICATES_INSIDE
    return engine.containers.create(
        image,
        entrypoint=journey.command,  # as Kubernetes' `command`: the image's own entrypoint does not count
        environment=environment,
        network_mode="host",
        extra_hosts=_resolve(url),
        volumes={certificates: {"bind": CERTIFICATES_INSIDE, "mode": "ro"}} if certificates else {},
        **CONFINEMENT,
        healthcheck={"test": ["NONE"]},  # the image's asks a server, and none runs here
    )


def _resolve(url: str) -> dict[str, str]:
    """The address of the URL's host as this process resolves it: a container may have another resolver.

    Raises:
        OSError: the host does not resolve.
    """
    host = urlsplit(url).hostname or ""
    found: Any = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]
    return {} if found == host else {host: found}


def _run(container: Container, journey: Journey) -> Check:
    started = time.monotonic()
    container.start()
    while container.status != "exited":
        if time.monotonic() - started > journey.seconds:
            return _fail(container, journey, f"did not end within {journey.seconds} s")
        time.sleep(PAUSE_SECONDS)
        container.reload()
    if status := container.attrs["State"]["ExitCode"]:
        return _fail(container, journey, f"expected exit status 0, answered {status}")
    return Check(
        NAME, passed=True, detail=f"{_describe(journey)} ended well after {time.monotonic() - started:.1f} s"
    )


def _fail(container: Container, journey: Journey, problem: str) -> Check:
    text = container.logs(tail=LAST_LINES).decode(errors="replace").strip()
    output = f"its output ended with:\n{text}" if text else "it printed nothing"
    return Check(NAME, passed=False, detail=redacted(f"{_describe(journey)}: {problem}; {output}"))


def _describe(journey: Journey) -> str:
    return f"`{' '.join(journey.command)}`"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Have SIGTERM, which a cancelled run gets, end what runs as Ctrl-C does; only a main thread may."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
