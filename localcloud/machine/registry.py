"""The OCI registry of a local cloud.

It runs inside the network namespace, where the node calls it by the same loopback address as the host does.
"""

from __future__ import annotations

import yaml

from localcloud.instance import Instance
from localcloud.machine import network
from localcloud.machine.daemons import Daemon
from localcloud.machine.toolbox import Toolbox


def daemon(instance: Instance, toolbox: Toolbox) -> Daemon:
    return Daemon(
        name="registry",
        command=[
            *network.enter(instance),
            toolbox.debian("docker-registry"),
            "serve",
            instance.home / "registry.yaml",
        ],
    )


def write_configuration(instance: Instance) -> None:
    """Not the package's own file: that one asks for a password."""
    configuration = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(instance.home / "registry")},
            "delete": {"enabled": True},
        },
        "http": {"addr": f":{instance.registry_port}"},
    }
    (instance.home / "registry.yaml").write_text(yaml.safe_dump(configuration))
