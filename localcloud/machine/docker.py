"""The Docker Engine.

An engine that answers already is used as it is, if it runs on this machine and shares its network: images are pushed
to a loopback port. One of our own is only started where there is none, and keeps what it was started with.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from localcloud.instance import RUN, Instance
from localcloud.machine import network, packages
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.daemons import Daemon

SHARED_SOCKET = RUN / "docker.sock"  # of an engine that an instance of ours started
PUBLIC_SOCKET = Path("/var/run/docker.sock")
BUILD_CACHE = {"gc": {"enabled": True, "defaultKeepStorage": "5GB"}}
FIRST_CLI_WITHOUT_BUILDKIT = 23  # from there on BuildKit is the buildx plugin, a package of its own


class DockerError(RuntimeError):
    """There is no engine, or no client that can build with BuildKit."""


@dataclass(frozen=True)
class Candidate:
    """An engine that answers.

    Attributes:
        host: where, as DOCKER_HOST would say it.
        problem: why it cannot be used; None if it can.
    """

    host: str
    problem: str | None


def candidates() -> Iterator[Candidate]:
    """Every engine that answers, in the order in which they are tried."""
    sockets = [f"unix://{socket}" for socket in (PUBLIC_SOCKET, SHARED_SOCKET)]
    for host in dict.fromkeys([os.environ.get("DOCKER_HOST"), *sockets]):
        if host and (information := _information(host)) is not None:
            yield Candidate(host, _problem(information))


def address() -> str | None:
    """Where an engine answers that can be used, as DOCKER_HOST would say it; None where none does."""
    return next((found.host for found in candidates() if found.problem is None), None)


def daemon(instance: Instance) -> Daemon:
    """An engine of our own, with its images in the instance's cache.

    What may differ from one `up` to the next is in a file: another command would have supervisord restart it.
    """
    settings = instance.home / "dockerd.json"
    instance.create_folders()
    settings.write_text(json.dumps({"mtu": network.mtu(), "builder": BUILD_CACHE}, indent=1))
    return Daemon(
        name="dockerd",
        command=[
            shutil.which("dockerd") or "/usr/sbin/dockerd",
            f"--config-file={settings}",
            f"--host=unix://{SHARED_SOCKET}",
            f"--data-root={instance.cache / 'docker'}",
            f"--exec-root={SHARED_SOCKET.parent / 'docker'}",
            f"--pidfile={SHARED_SOCKET.parent / 'docker.pid'}",
        ],
        stop_seconds=30,
        shared=True,
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
                packages.run_apt(commands, [*packages.APT, "install", "--yes", package], log)
            except CommandError:  # this release has no such package: the next one may do
                continue
        build_command(commands, log)


@dataclass(frozen=True)
class Engine:
    """A Docker Engine that answers at `host`.

    Attributes:
        config: the folder with the logins of registries; None for the user's own.
    """

    host: str
    commands: Commands
    log: Path
    config: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What every client of this engine needs: the command line, SDKs and the Pulumi provider."""
        logins = {"DOCKER_CONFIG": str(self.config)} if self.config else {}
        return {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "1", **logins}

    def build(self, context: Path, tag: str, *arguments: str) -> None:
        """Build a context's Dockerfile and tag the image."""
        command = [*build_command(self.commands, self.log), *arguments, "--tag", tag, str(context)]
        self.run(*command)

    def push(self, tag: str) -> None:
        self.run("docker", "push", "--quiet", tag)

    def run(self, *command: str) -> str:
        return self.commands.run(command, log=self.log, environment=self.environment)


def _information(host: str) -> dict[str, Any] | None:
    """What the engine says of itself; None where none answers."""
    if host.startswith("unix://") and not Path(host.removeprefix("unix://")).exists():
        return None
    try:
        found: dict[str, Any] = docker.DockerClient(base_url=host, timeout=5).info()
    except (DockerException, OSError):
        return None
    return found


def _problem(information: dict[str, Any]) -> str | None:
    if any("rootless" in option for option in information.get("SecurityOptions") or ()):
        return "it is rootless, and cannot reach the local registry on a loopback port of this machine"
    if information.get("KernelVersion") != os.uname().release:
        return "it runs on another machine, and cannot reach the local registry on a loopback port of this one"
    return None


def _has_buildkit(commands: Commands, client: Path, log: Path) -> bool:
    try:
        commands.run([client, "buildx", "version"], log=log)
    except CommandError:
        version = commands.run([client, "--version"], log=log).split()[2]  # Docker version 20.10.24, build …
        return int(version.split(".")[0]) < FIRST_CLI_WITHOUT_BUILDKIT
    return True
