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
IN_A_CONTAINER = (
    "this container may not manage them; start it with `--privileged --cgroupns=host`, or use a virtual machine"
)


class ControlGroupError(RuntimeError):
    """Control groups cannot be managed here; the text says what to do."""


def describe() -> str:
    """Which layout this machine has."""
    return "version 2" if _is_version_2() else "version 1"


def problem() -> str | None:
    """Why groups cannot be made here, in words that end a sentence; None where they can be.

    Looks, and changes nothing.
    """
    if not ROOT.is_dir() or not any(ROOT.iterdir()):
        return f"not mounted at {ROOT}: mount them, or run the container with them"
    if not _is_version_2():
        hierarchies = _hierarchies()
        return None if hierarchies and all(os.access(each, os.W_OK) for each in hierarchies) else IN_A_CONTAINER
    wanted = set(_available())
    enabled = set((ROOT / "cgroup.subtree_control").read_text().split())
    if not os.access(ROOT / "cgroup.subtree_control", os.W_OK):
        return IN_A_CONTAINER
    # The kernel lets only the true root, which has no type, hold processes and hand controllers down.
    namespaced = (ROOT / "cgroup.type").exists() and (ROOT / "cgroup.procs").read_text().strip()
    return IN_A_CONTAINER if namespaced and not wanted <= enabled else None


def create(name: str) -> None:
    """Make the group in every hierarchy; the kubelet refuses to start under one that is not there.

    Raises:
        ControlGroupError: the kernel refuses.
    """
    try:
        _create(name)
    except OSError as error:
        raise ControlGroupError(f"control groups: {error.strerror}: {problem() or IN_A_CONTAINER}") from error


def _create(name: str) -> None:
    if _is_version_2():  # one hierarchy
        wanted = " ".join(f"+{controller}" for controller in _available())
        (ROOT / "cgroup.subtree_control").write_text(wanted)
        (ROOT / name).mkdir(exist_ok=True)
        return
    for hierarchy in _hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        for file in ("cpuset.cpus", "cpuset.mems"):  # a new group may use none until they are set
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


def numbered(prefix: str) -> set[int]:
    """The numbers that follow `prefix` in the names of groups right below the root."""
    names = [path.name.removeprefix(prefix) for hierarchy in _hierarchies() for path in hierarchy.glob(f"{prefix}*")]
    return {int(name) for name in names if name.isdigit()}


def _processes(name: str) -> set[int]:
    found: set[int] = set()
    for hierarchy in _hierarchies():
        for folder, _, _ in os.walk(hierarchy / name):  # which skips a group that goes meanwhile; rglob fails
            with contextlib.suppress(OSError):
                found.update(int(line) for line in Path(folder, "cgroup.procs").read_text().split())
    return found


def _is_version_2() -> bool:
    return (ROOT / "cgroup.controllers").exists()


def _available() -> list[str]:
    offered = (ROOT / "cgroup.controllers").read_text().split()
    return [controller for controller in CONTROLLERS if controller in offered]


def _hierarchies() -> list[Path]:
    if not ROOT.is_dir():
        return []
    if _is_version_2():
        return [ROOT]
    return [path for path in ROOT.iterdir() if path.is_dir() and not path.is_symlink() and os.path.ismount(path)]
