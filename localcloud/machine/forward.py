"""Loopback ports of the host that lead into an instance's network namespace, by socat.

A rollout, a restarted pod or a restarted component does not touch them: the URL stays.
"""

from __future__ import annotations

import shutil

from localcloud.instance import Instance
from localcloud.machine.daemons import Daemon


def daemon(instance: Instance, name: str, port: int, node_port: int) -> Daemon:
    """Forward 127.0.0.1:`port` to `node_port` of the node."""
    listen = f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,nodelay,backlog=1024"
    return Daemon(
        name=f"forward-{name}",
        command=[
            shutil.which("socat") or "/usr/bin/socat",
            listen,
            f"TCP:{instance.node_address}:{node_port},nodelay",
        ],
    )
