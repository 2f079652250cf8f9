"""The provider for images."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from threading import Lock

from localcloud.machine.command import Commands
from localcloud.providers.docker.image import Image
from localcloud.providers.provider import INSTALL, Provider
from localcloud.providers.resource_type import Properties, ResourceType
from localcloud.providers.values import UNKNOWN

KNOWN = {"host"}
ENGINES_OWN = {"version", "pluginDownloadURL", "__internal"}  # about the plugin


class Docker(Provider):
    """Images, by the Docker Engine that DOCKER_HOST names and with the logins of DOCKER_CONFIG."""

    package = "docker"
    version = version("pulumi-docker")

    def __init__(self) -> None:
        self._lock = Lock()
        self._commands: list[Commands] = []

    def configure(self, configuration: Properties) -> Sequence[ResourceType]:
        commands = Commands()
        with self._lock:
            self._commands.append(commands)
        return [Image(commands)]

    def check_configuration(self, configuration: Properties) -> Iterator[tuple[str, str]]:
        for name in sorted(configuration.keys() - KNOWN - ENGINES_OWN):
            yield name, f"Slipway's docker provider does not know this configuration; {INSTALL}"
        # The SDK sets it by itself from DOCKER_HOST, which builds here follow.
        if configuration.get("host") not in {None, UNKNOWN, os.environ.get("DOCKER_HOST")}:
            yield "host", f"Slipway's docker provider uses the engine of DOCKER_HOST; set that, or {INSTALL}"

    def cancel(self) -> None:
        with self._lock:
            running, self._commands = self._commands, []
        for commands in running:
            commands.cancel()
