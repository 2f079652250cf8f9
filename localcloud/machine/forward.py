"""Loopback ports of the host that lead into a place's network namespace, by socat.

A rollout, a restarted pod or a restarted component does not touch them: the URL stays.
"""

from __future__ import annotations

import shutil

from localcloud.machine.daemons import Daemon
from localcloud.machine.place import Place


def daemon(place: Place, name: str, port: int, node_port: int) -> Daemon:
    """Forward 127.0.0.1:`port` to `node_port` of the node, or of the control plane."""
    listen = f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,nodelay,backlog=1024"
    return Daemon(
        name=f"forward-{name}",
        command=[
            shutil.which("socat") or "/usr/bin/socat",
            listen,
            f"TCP:{place.node_address}:{node_port},nodelay",
        ],
    )
