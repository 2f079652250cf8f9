"""The programs of ours that an instance keeps running: the DigitalOcean API and the status page."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from localcloud.api.access_token import token
from localcloud.instance import Instance
from localcloud.machine.daemons import Daemon
from localcloud.stack import STACK


def api_daemon(
    instance: Instance,
    checkout: Path,
    credentials: Path,
    registry_url: str,
    *options: str,
    environment: Mapping[str, str] | None = None,
) -> Daemon:
    """The emulated API of DigitalOcean.

    Args:
        checkout: the folder of the program.
        credentials: of the cluster; see `localcloud.api.application`.
        registry_url: of the registry that holds the images, with a login.
        options: of `python -m localcloud.api`.
        environment: variables beside its own.
    """
    return Daemon(
        name="digitalocean-api",
        command=[
            sys.executable,
            *("-m", "localcloud.api", "--host", "127.0.0.1", "--port", str(instance.api_port)),
            *("--state", instance.home / "api", "--credentials", credentials),
            *options,
        ],
        environment={
            "DIGITALOCEAN_TOKEN": token(instance),
            "PYTHONPATH": str(checkout),
            "REGISTRY_URL": registry_url,
            **(environment or {}),
        },
    )


def dashboard_daemon(instance: Instance, checkout: Path) -> Daemon:
    """The status page of the `local` stack."""
    words = ("-m", "slipway", "dashboard", "--stack", STACK, "--port", str(instance.dashboard_port))
    environment = {
        "PYTHONPATH": str(checkout),
        "SLIPWAY_CACHE": str(instance.cache),
        "SLIPWAY_INSTANCE": str(instance.number),
    }
    return Daemon(name="dashboard", command=[sys.executable, *words], environment=environment)
