"""Taking an instance down: its programs, its pods, its mounts and its network, and with `purge` its files."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

from localcloud.instance import LARGEST_NUMBER, Instance
from localcloud.machine import cgroups, network
from localcloud.machine.command import Commands
from localcloud.machine.daemons import SHIM, Supervisor

MOUNTS = Path("/proc/self/mounts")


def down(instance: Instance, commands: Commands) -> None:
    """Stop everything of the instance; safe to repeat, and from any state `up` was interrupted in."""
    Supervisor(instance).stop()
    cgroups.end(instance.name)
    _end_shims(instance)
    _unmount(instance, commands)
    network.remove(instance, commands)
    shutil.rmtree(instance.run, ignore_errors=True)


def purge(instance: Instance, commands: Commands) -> None:
    """Remove the instance's files, and what instances share unless another one still has files.

    Only for an instance that is down.
    """
    _remove(instance.home, commands)
    if not any((instance.cache / "instances").glob("*/")):
        _remove(instance.cache, commands)


def others_up(instance: Instance) -> list[int]:
    """Numbers of the other instances on this machine that are up."""
    numbers = [number for number in range(LARGEST_NUMBER + 1) if number != instance.number]
    others = [Instance(number=number, cache=instance.cache) for number in numbers]
    return [other.number for other in others if Supervisor(other).running]


def _end_shims(instance: Instance) -> None:
    """End what containerd leaves: a shim beside each pod, so that pods outlive it."""
    socket = str(instance.run / "containerd.sock")
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


def _unmount(instance: Instance, commands: Commands) -> None:
    """Pods' volumes and root file systems, deepest first."""
    points = [line.split()[1].encode().decode("unicode_escape") for line in MOUNTS.read_text().splitlines()]
    ours = [
        point
        for point in points
        if Path(point).is_relative_to(instance.home) or Path(point).is_relative_to(instance.run)
    ]
    for point in sorted(ours, key=len, reverse=True):
        commands.run(["umount", "--lazy", point], log=instance.logs / "network.log")


def _remove(folder: Path, commands: Commands) -> None:
    """By rm, in a child: a cache of many small files takes Python's own walk several times longer."""
    if folder.exists():
        commands.run(["rm", "-rf", "--one-file-system", str(folder)], log=Path("/dev/null"))
