"""What the local cloud takes from Debian or Ubuntu: some packages installed, some only unpacked."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from localcloud.machine.command import CommandError, Commands
from localcloud.machine.locks import exclusive

# package -> the program, or the file, that tells it is there already, however it came (docker-ce brings dockerd too).
INSTALLED = {
    "docker.io": "dockerd",
    "containerd": "containerd",
    "debian-archive-keyring": "/usr/share/keyrings/debian-archive-keyring.gpg",  # not there on Ubuntu
    "iproute2": "ip",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "runc": "runc",
    "socat": "socat",
    "util-linux": "nsenter",
}
# Only unpacked: installing these would start services of their own on their default ports.
UNPACKED = {
    "etcd-server": "usr/bin/etcd",
    "etcd-client": "usr/bin/etcdctl",
    "docker-registry": "usr/bin/docker-registry",
    "containernetworking-plugins": "usr/lib/cni/bridge",
    "haproxy": "usr/sbin/haproxy",
}
# Of those, the ones whose libraries a machine may lack: these are unpacked beside the program; see `library_path`.
WITH_LIBRARIES = frozenset({"haproxy"})
# Installed only where an account has databases: each runs as an account that its package makes.
SERVERS = {
    "postgresql": "usr/lib/postgresql/*/bin/postgres",  # below /
    "pgbouncer": "usr/sbin/pgbouncer",
    "redis-server": "usr/bin/redis-server",
}
SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")  # Debian asks this program whether a new service may start
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}
APT = ("apt-get", "--option=DPkg::Lock::Timeout=300")  # another program may be installing, too


class PackageError(RuntimeError):
    """A package is missing and cannot be had here."""


def missing() -> list[str]:
    """The packages of INSTALLED whose program is not on PATH, or whose file is not there."""
    return [package for package, sign in INSTALLED.items() if not (shutil.which(sign) or Path(sign).is_file())]


def install(commands: Commands, log: Path) -> None:
    """Install what is missing with apt-get; does nothing when all is there.

    Raises:
        PackageError: there is no apt-get, or we are not root.
        CommandError: apt-get failed.
    """
    _install(commands, missing(), log)


def install_servers(commands: Commands, log: Path) -> None:
    """Install what is missing of SERVERS, and start no service of theirs, now or at the next boot.

    Raises:
        PackageError: there is no apt-get, or we are not root.
        CommandError: apt-get failed.
    """
    wanted = [package for package, pattern in SERVERS.items() if not any(Path("/").glob(pattern))]
    with _services_stopped():
        _install(commands, wanted, log)
    if wanted and Path("/run/systemd/system").is_dir():
        commands.run(["systemctl", "disable", "--quiet", *wanted], log=log)


def _install(commands: Commands, wanted: list[str], log: Path) -> None:
    if not wanted:
        return
    if shutil.which("apt-get") is None:
        raise PackageError(f"{', '.join(wanted)} missing and no apt-get here: install them by hand")
    if os.geteuid() != 0:
        raise PackageError(f"{', '.join(wanted)} missing: run as root, or first `apt-get install` them")
    run_apt(
        commands,
        [*APT, "install", "--yes", "--no-install-recommends", *wanted],
        log,
    )


@contextlib.contextmanager
def _services_stopped() -> Iterator[None]:
    """New packages start no service."""
    ours = os.geteuid() == 0 and not SERVICE_POLICY.exists()
    if ours:
        SERVICE_POLICY.write_text("#!/bin/sh\nexit 101\n")
        SERVICE_POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            SERVICE_POLICY.unlink()


def unpack(commands: Commands, package: str, folder: Path, log: Path) -> Path:
    """The program of a package of UNPACKED, below `folder` and not installed.

    Raises:
        CancelledError: the user asked to stop.
        CommandError: apt-get or dpkg-deb failed.
    """
    program = folder / package / UNPACKED[package]
    if program.exists():
        return program
    with exclusive(folder / f"{package}.lock", cancelled=commands.cancelled):
        if not program.exists():  # another `up` may have been quicker
            _unpack(commands, package, folder, log)
    return program


def _unpack(commands: Commands, package: str, folder: Path, log: Path) -> None:
    partial = folder / f"{package}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    # apt fetches as user _apt, who cannot write to a folder of root's: it then says so and uses root.
    run_apt(commands, _fetch(package, partial), log, folder=partial)
    for archive in partial.glob("*.deb"):
        commands.run(["dpkg-deb", "--extract", archive, partial], log=log)
        archive.unlink()
    partial.replace(folder / package)


def _fetch(package: str, folder: Path) -> list[str]:
    """The command that fetches a package, and what it depends on and is not installed here where that is wanted."""
    if package not in WITH_LIBRARIES:
        return ["apt-get", "download", package]
    (folder / "partial").mkdir()  # apt asks for this one
    cache = f"--option=Dir::Cache::archives={folder}"
    return [*APT, "install", "--yes", "--reinstall", "--download-only", "--no-install-recommends", cache, package]


def library_path(program: Path, package: str) -> str:
    """What LD_LIBRARY_PATH must be for an unpacked program of WITH_LIBRARIES; empty for an installed one."""
    root = Path(str(program).removesuffix(UNPACKED[package]))
    return ":".join(str(path) for path in sorted(root.glob("usr/lib/*-linux-gnu*"))) if root != Path("/") else ""


def run_apt(commands: Commands, command: list[str], log: Path, folder: Path | None = None) -> None:
    """Run an apt-get command, fetching the package lists first only where they are missing or stale."""
    try:
        commands.run(command, log=log, environment=QUIET, folder=folder)
    except CommandError:
        commands.run([*APT, "update"], log=log, environment=QUIET)
        commands.run(command, log=log, environment=QUIET, folder=folder)
