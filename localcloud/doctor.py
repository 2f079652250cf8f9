"""What this machine has and lacks, and what `up` would do about it."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from localcloud import versions
from localcloud.instance import Instance
from localcloud.machine import cgroups, docker, host, network, packages
from localcloud.machine.daemons import listens
from localcloud.machine.supervisor import Supervisor
from localcloud.machine.toolbox import Toolbox
from localcloud.pulumi_engine import cli
from localcloud.pulumi_engine.workspace import plugins_of

DISK_BYTES = 12 * 2**30  # seen at the end of a first run: modules and objects 7 GB, images and tools 3 GB
MEMORY_BYTES = 4 * 2**30  # the compiler's peak beside Docker; once up, the cloud holds under 2 GiB
OLDEST_KERNEL = (4, 19)
PROCESSORS = {"x86_64": "x86-64"}  # as every DOKS node: the program builds images for linux/amd64
FILE_SYSTEMS = Path("/proc/filesystems")


class Verdict(StrEnum):
    GOOD = "✓"
    WILL_DO = "…"  # missing, and `up` sees to it
    BAD = "✗"  # missing, and only the user can see to it


@dataclass(frozen=True)
class Finding:
    """One fact about the machine.

    Attributes:
        what: the subject.
        detail: the state; for the other two verdicts what `up` does, or the user has to do.
    """

    verdict: Verdict
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.verdict} {self.what}: {self.detail}"


def examine(instance: Instance, toolbox: Toolbox, ports: dict[str, int]) -> list[Finding]:
    """Every finding, in the order in which `up` would meet them; `ports` are those it needs, by purpose."""
    if reason := host.problem():
        return [Finding(Verdict.BAD, "machine", reason)]  # whatever else was found would be of no use
    checks: list[Callable[[], Iterator[Finding]]] = [
        _system,
        lambda: _room(instance),
        _packages,
        lambda: _tools(toolbox),
        _docker,
        lambda: _engine(instance, toolbox),
        _trust,
        _dns,
        lambda: _ports(instance, ports),
    ]
    return [finding for check in checks for finding in check()]


def _system() -> Iterator[Finding]:
    yield Finding(Verdict.GOOD, "user", "root")
    yield _processor()
    kernel = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    yield Finding(Verdict.GOOD if kernel >= OLDEST_KERNEL else Verdict.BAD, "kernel", os.uname().release)
    problem = cgroups.problem()
    yield Finding(Verdict.BAD if problem else Verdict.GOOD, "control groups", problem or cgroups.describe())
    overlay = "overlay" in FILE_SYSTEMS.read_text()
    yield Finding(
        Verdict.GOOD if overlay else Verdict.BAD,
        "overlayfs",
        "there" if overlay else "run `modprobe overlay`",
    )
    yield _bridge_filter()
    yield _namespaces()


def _processor() -> Finding:
    machine = os.uname().machine
    if machine in PROCESSORS:
        return Finding(Verdict.GOOD, "processor", PROCESSORS[machine])
    return Finding(
        Verdict.BAD, "processor", f"{machine}; this needs {' or '.join(PROCESSORS)}: {host.WORKS_EVERYWHERE}"
    )


def _bridge_filter() -> Finding:
    """The kernel module br_netfilter, which Docker loaded up to 27.2."""
    if network.BRIDGE_FILTER.exists():
        return Finding(Verdict.GOOD, "br_netfilter", "loaded")
    modprobe = shutil.which("modprobe")
    command = [modprobe or "modprobe", "--dry-run", "--quiet", "br_netfilter"]
    if modprobe and subprocess.run(command, check=False).returncode == 0:
        return Finding(Verdict.WILL_DO, "br_netfilter", "loaded: pods need it to reach Services")
    return Finding(
        Verdict.BAD,
        "br_netfilter",
        "the kernel module is missing, and pods need it to reach Services: "
        "install the kernel's modules, or run `modprobe br_netfilter` on the machine that runs this container",
    )


def _namespaces() -> Finding:
    """Whether mounts are allowed: an unprivileged container refuses them."""
    unshare = shutil.which("unshare")  # of util-linux, which `_packages` looks for
    command = [unshare or "unshare", "--mount", "--net", "--", "true"]
    if unshare and subprocess.run(command, check=False, capture_output=True).returncode != 0:
        return Finding(
            Verdict.BAD,
            "namespaces",
            f"this container may not make any; start it with `--privileged`: {host.WORKS_EVERYWHERE}",
        )
    return Finding(Verdict.GOOD, "namespaces", "can be made")


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
    found = list(docker.candidates())
    usable = next((engine for engine in found if engine.problem is None), None)
    others = "".join(f"; {engine.host} is not used: {engine.problem}" for engine in found if engine.problem)
    if usable is None:
        yield Finding(
            Verdict.WILL_DO, "Docker Engine", f"one of our own, with its images in the cache folder{others}"
        )
    elif usable.host == f"unix://{docker.SHARED_SOCKET}":
        yield Finding(Verdict.GOOD, "Docker Engine", f"our own, at {usable.host}{others}")
    else:
        yield Finding(
            Verdict.GOOD,
            "Docker Engine",
            f"this machine's, at {usable.host}; never restarted, and only images of the local registry are removed "
            f"from it{others}",
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
        "the host's trust store goes into the fallback base image"
        if readable
        else "no trust store: `apt-get install ca-certificates`",
    )


def _dns() -> Iterator[Finding]:
    servers = network.nameservers()
    yield Finding(
        Verdict.GOOD,
        "DNS for pods",
        f"names outside the cluster by {', '.join(servers)}"
        if servers
        else "inside the cluster only, as the host has no name server but on loopback addresses",
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
