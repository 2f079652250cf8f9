"""Processes that an instance started: its run folder is in their environment."""

from __future__ import annotations

import contextlib
import os

import psutil

from localcloud.machine.daemons import Place

# In the environment of all that we start, with the instance's run folder, which it has alone on the machine.
MARK = "SLIPWAY_DAEMON_OF"
RUN_MARK = "SLIPWAY_RUN_OF"
SHIM = "containerd-shim"  # the kernel's name of containerd-shim-runc-v2; `down` sees to those


def find_marked(mark: str, instance: Place) -> list[psutil.Process]:
    """Processes with `mark` of the instance in their environment, other than this one."""
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get(mark) == str(instance.run) and process.pid != os.getpid()
    ]


def end_processes(processes: list[psutil.Process]) -> None:
    """Ask, wait, then kill."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=10)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
