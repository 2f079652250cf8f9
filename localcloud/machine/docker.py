"""The Docker Engine.

An engine that answers already is used as it is; one of our own is only started where there is none.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import DockerException

from localcloud.instance import Instance
from localcloud.machine import packages
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.daemons import Daemon

SHARED_SOCKET = Path("/run/slipway/docker.sock")  # of an engine that an instance of ours started
PUBLIC_SOCKET = Path("/var/run/docker.sock")
FIRST_CLI_WITHOUT_BUILDKIT = 23  # from there on BuildKit is the buildx plugin, a package of its own


class DockerError(RuntimeError):
    """There is no engine, or no client that can build with BuildKit."""


def address() -> str | None:
    """Where an engine answers, as DOCKER_HOST would say it; None where none does."""
    sockets = [f"unix://{socket}" for socket in (PUBLIC_SOCKET, SHARED_SOCKET)]
    for host in [os.environ.get("DOCKER_HOST"), *sockets]:
        if host and _answers(host):
            return host
    return None


def daemon(instance: Instance) -> Daemon:
    """An engine of our own, with its images in the instance's cache."""
    return Daemon(
        name="dockerd",
        command=[
            shutil.which("dockerd") or "/usr/sbin/dockerd",
            f"--host=unix://{SHARED_SOCKET}",
            f"--data-root={instance.cache / 'docker'}",
            f"--exec-root={SHARED_SOCKET.parent / 'docker'}",
            f"--pidfile={SHARED_SOCKET.parent / 'docker.pid'}",
            f"--mtu={_mtu()}",
        ],
        stop_seconds=30,
    )


def build_command(commands: Commands, log: Path) -> list[str]:
    """The words that begin a BuildKit build with a client on this machine.

    Raises:
        DockerError: no client here has BuildKit.
    """
    for folder in os.get_exec_path():
        client = Path(folder) / "docker"
        if client.is_file() and _has_buildkit(commands, client, log):
            return [str(client), "build"]
    raise DockerError("no docker client with BuildKit on PATH: install docker-buildx, or docker-cli before 23")


def install_builder(commands: Commands, log: Path) -> None:
    """Make sure there is a client that builds with BuildKit: newer releases package it apart from dockerd."""
    try:
        build_command(commands, log)
    except DockerError:
        for package in ("docker-cli", "docker-buildx"):
            try:
                packages.with_lists(commands, ["apt-get", "install", "--yes", package], log)
            except CommandError:  # this release has no such package: the next one may do
                continue
        build_command(commands, log)


@dataclass(frozen=True)
class Engine:
    """A Docker Engine that answers at `host`."""

    host: str
    commands: Commands
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "1"}

    def build(self, context: Path, tag: str, *arguments: str) -> None:
        """Build a context's Dockerfile and tag the image."""
        command = [*build_command(self.commands, self.log), *arguments, "--tag", tag, str(context)]
        self.run(*command)

    def push(self, tag: str) -> None:
        self.run("docker", "push", "--quiet", tag)

    def run(self, *command: str) -> str:
        return self.commands.run(command, log=self.log, environment=self.environment)


def _answers(host: str) -> bool:
    socket = Path(host.removeprefix("unix://"))
    if host.startswith("unix://") and not socket.exists():
        return False
    try:
        return bool(docker.DockerClient(base_url=host, timeout=5).ping())
    except DockerException:
        return False


def _has_buildkit(commands: Commands, client: Path, log: Path) -> bool:
    try:
        commands.run([client, "buildx", "version"], log=log)
    except CommandError:
        version = commands.run([client, "--version"], log=log).split()[2]  # Docker version 20.10.24, build …
        return int(version.split(".")[0]) < FIRST_CLI_WITHOUT_BUILDKIT
    return True


def _mtu() -> int:
    """The largest packet of the host's default route: a bridge with more loses packets on the way out."""
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        interface, destination, *_ = line.split()
        if destination == "00000000":
            return int(Path(f"/sys/class/net/{interface}/mtu").read_text())
    return 1500
