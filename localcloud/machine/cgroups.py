"""The control group that all pods of an instance live under, in both of the kernel's layouts."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuset", "hugetlb", "io", "memory", "pids")  # what the kubelet accounts by
KILL_SECONDS = 5.0


def create(name: str) -> None:
    """Make the group in every hierarchy; the kubelet refuses to start under one that is not there."""
    if (ROOT / "cgroup.controllers").exists():  # version 2: one hierarchy
        available = (ROOT / "cgroup.controllers").read_text().split()
        wanted = " ".join(f"+{controller}" for controller in CONTROLLERS if controller in available)
        (ROOT / "cgroup.subtree_control").write_text(wanted)
        (ROOT / name).mkdir(exist_ok=True)
        return
    for hierarchy in _hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        for file in ("cpuset.cpus", "cpuset.mems"):  # a new group may use none until told
            if (group / file).exists() and not (group / file).read_text().strip():
                (group / file).write_text((hierarchy / file).read_text())


def end(name: str) -> None:
    """Kill every process under the group, then remove it and all below."""
    deadline = time.monotonic() + KILL_SECONDS
    while (left := _processes(name)) and time.monotonic() < deadline:
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)
    for hierarchy in _hierarchies():
        for folder, _, _ in os.walk(hierarchy / name, topdown=False):
            with contextlib.suppress(OSError):  # a group that still empties itself goes with the next `down`
                Path(folder).rmdir()


def _processes(name: str) -> set[int]:
    found: set[int] = set()
    for hierarchy in _hierarchies():
        for file in (hierarchy / name).rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                found.update(int(line) for line in file.read_text().split())
    return found


def _hierarchies() -> list[Path]:
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [path for path in ROOT.iterdir() if path.is_dir() and not path.is_symlink() and os.path.ismount(path)]
