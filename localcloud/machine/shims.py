"""What containerd leaves when it ends: a shim beside each pod, so that pods outlive it."""

from __future__ import annotations

from pathlib import Path

import psutil

from localcloud.machine.marked_processes import SHIM


def end(run: Path) -> None:
    """Kill the shims of the containerd whose socket is in the folder `run`."""
    socket = str(run / "containerd.sock")
    shims = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if (process.info["name"] or "").startswith(SHIM) and socket in (process.info["cmdline"] or [])
    ]
    for process in shims:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(shims, timeout=5)
