"""What this machine has and lacks, and what `up` would do about it."""

from __future__ import annotations

import os
import shutil
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from localcloud import versions
from localcloud.instance import Instance
from localcloud.machine import cgroups, docker, packages
from localcloud.machine.daemons import Supervisor, listens
from localcloud.machine.toolbox import Toolbox
from localcloud.pulumi_engine import cli
from localcloud.pulumi_engine.workspace import plugins_of

DISK_BYTES = 12 * 2**30  # seen at the end of a first run: modules and objects 7 GB, images and tools 3 GB
MEMORY_BYTES = 4 * 2**30  # the compiler's peak beside Docker; once up, the cloud holds under 2 GiB
OLDEST_KERNEL = (4, 19)


class Verdict(StrEnum):
    GOOD = "✓"
    WILL_DO = "…"  # missing, and `up` sees to it
    BAD = "✗"  # missing, and only the user can see to it


@dataclass(frozen=True)
class Finding:
    """One fact about the machine.

    Attributes:
        what: the subject.
        detail: how it is, and for the other two verdicts what is done or to do about it.
    """

    verdict: Verdict
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.verdict} {self.what}: {self.detail}"


def examine(instance: Instance, toolbox: Toolbox, ports: dict[str, int]) -> list[Finding]:
    """Every finding, in the order in which `up` would meet them; `ports` are those it needs, by purpose."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        _system,
        lambda: _room(instance),
        _packages,
        lambda: _tools(toolbox),
        _docker,
        lambda: _engine(instance, toolbox),
        _trust,
        lambda: _ports(instance, ports),
    ]
    return [finding for check in checks for finding in check()]


def _system() -> Iterator[Finding]:
    root = os.geteuid() == 0
    yield Finding(
        Verdict.GOOD if root else Verdict.BAD,
        "user",
        "root" if root else "not root: a node mounts, routes and makes control groups; run as root",
    )
    kernel = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    good = sys.platform == "linux" and kernel >= OLDEST_KERNEL
    yield Finding(Verdict.GOOD if good else Verdict.BAD, "kernel", os.uname().release)
    groups = "version 2" if (cgroups.ROOT / "cgroup.controllers").exists() else "version 1"
    mounted = cgroups.ROOT.is_dir() and any(cgroups.ROOT.iterdir())
    yield Finding(
        Verdict.GOOD if mounted else Verdict.BAD,
        "control groups",
        groups if mounted else f"not mounted at {cgroups.ROOT}: mount them, or run the container with them",
    )
    overlay = "overlay" in Path("/proc/filesystems").read_text()
    yield Finding(
        Verdict.GOOD if overlay else Verdict.BAD,
        "overlayfs",
        "there" if overlay else "run `modprobe overlay`",
    )


def _room(instance: Instance) -> Iterator[Finding]:
    folder = instance.cache
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    enough = free >= DISK_BYTES or instance.tools.exists()
    yield Finding(
        Verdict.GOOD if enough else Verdict.BAD,
        "disk",
        f"{free / 2**30:.0f} GiB free at {folder}"
        + ("" if enough else f"; a first run needs {DISK_BYTES >> 30}: set SLIPWAY_CACHE to a larger disk"),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield Finding(Verdict.GOOD if memory >= MEMORY_BYTES else Verdict.BAD, "memory", f"{memory / 2**30:.0f} GiB")


def _packages() -> Iterator[Finding]:
    missing = packages.missing()
    if not missing:
        yield Finding(Verdict.GOOD, "packages", "all installed")
    elif shutil.which("apt-get"):
        yield Finding(Verdict.WILL_DO, "packages", f"apt-get install {' '.join(missing)}")
    else:
        yield Finding(Verdict.BAD, "packages", f"no apt-get; install {', '.join(missing)} by hand")


def _tools(toolbox: Toolbox) -> Iterator[Finding]:
    for name, program in {"Kubernetes": toolbox.binaries, "Helm": toolbox.helm, "kubectl": toolbox.kubectl}.items():
        built = program.exists()
        yield Finding(
            Verdict.GOOD if built else Verdict.WILL_DO,
            name,
            str(program) if built else "compiled from its Go module: about 5 minutes for all on two cores, once",
        )


def _docker() -> Iterator[Finding]:
    host = docker.address()
    yield Finding(
        Verdict.GOOD if host else Verdict.WILL_DO,
        "Docker Engine",
        f"answers at {host}" if host else "started with its images in the cache folder",
    )


def _engine(instance: Instance, toolbox: Toolbox) -> Iterator[Finding]:
    found = cli.find(toolbox)
    yield Finding(
        Verdict.GOOD if found else Verdict.WILL_DO,
        "Pulumi's engine",
        str(found)
        if found
        else f"Pulumi {versions.PULUMI}: downloaded, or where that fails compiled in about 4 minutes, once",
    )
    for plugin in plugins_of(instance).find():
        yield Finding(Verdict.GOOD, "provider", str(plugin))


def _trust() -> Iterator[Finding]:
    bundle = Path(ssl.get_default_verify_paths().openssl_cafile)
    readable = any(path.exists() for path in (bundle, Path("/etc/ssl/certs/ca-certificates.crt")))
    yield Finding(
        Verdict.GOOD if readable else Verdict.BAD,
        "certificates",
        "the host's trust store goes into the stand-in base image"
        if readable
        else "no trust store: `apt-get install ca-certificates`",
    )


def _ports(instance: Instance, ports: dict[str, int]) -> Iterator[Finding]:
    up = Supervisor(instance).running
    for purpose, port in ports.items():
        taken = listens("127.0.0.1", port) and not up
        yield Finding(
            Verdict.BAD if taken else Verdict.GOOD,
            f"port {port}",
            f"taken by another program, needed for {purpose}: end it, or set SLIPWAY_INSTANCE to 1..9"
            if taken
            else purpose,
        )
