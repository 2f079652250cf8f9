"""The Debian packages that tests need: which suite needs which, and what shows that one is there.

`python3 tests/bare/packages.py test-backend e2e` installs what is missing, for these make targets. It runs before
anything else is installed, so it uses the standard library alone.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")  # Debian asks this program whether a new service may start
PROGRAM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # not on every user's PATH
OPTIONS = ("--yes", "--no-install-recommends", "--option", "DPkg::Lock::Timeout=300")
LAST_LINES = 15


class MissingProgramError(RuntimeError):
    """A program that a test needs is not installed; the text has the command that installs it."""


@dataclass(frozen=True)
class Package:
    """A Debian package.

    Attributes:
        name: its name in Debian.
        programs: any one of them shows that it is there, however it came: names on PATH, or patterns of files.
        ubuntu: its name in Ubuntu, where that differs.
        service: what it would start; the tests start their own on free ports, so this one stays stopped.
        variable: an environment variable that names a server to use instead.
    """

    name: str
    programs: tuple[str, ...]
    ubuntu: str = ""
    service: str = ""
    variable: str = ""

    def find_program(self) -> str | None:
        """The path of the first program or file that is there."""
        for program in self.programs:
            if "/" in program:
                found = max(glob(program), default=None)  # noqa: PTH207 - absolute patterns
            else:
                found = shutil.which(program) or shutil.which(program, path=os.pathsep.join(PROGRAM_FOLDERS))
            if found:
                return found
        return None

    def is_missing(self) -> bool:
        replaced = self.variable and os.environ.get(self.variable)
        return not replaced and self.find_program() is None


VENV = Package("python3-venv", (sysconfig.get_path("stdlib") + "/ensurepip/__init__.py",))
IPROUTE = Package("iproute2", ("ip",))
IPTABLES = Package("iptables", ("iptables",))
PROCPS = Package("procps", ("sysctl",))
HAPROXY = Package("haproxy", ("haproxy",), service="haproxy")
POSTGRESQL = Package(
    "postgresql",
    ("/usr/lib/postgresql/*/bin/postgres", "postgres"),
    service="postgresql",
    variable="TEST_POSTGRES_URL",
)
PGBOUNCER = Package("pgbouncer", ("pgbouncer",), service="pgbouncer")
REDIS = Package("redis-server", ("valkey-server", "redis-server"), service="redis-server", variable="TEST_REDIS_URL")
# Ubuntu's package only installs the snap.
CHROMIUM = Package("chromium", ("chromium", "chromium-browser", "google-chrome"), ubuntu="chromium-browser")
FONTS = Package("fonts-dejavu-core", ("/usr/share/fonts/*/*/*.ttf",))
PROMETHEUS = Package("prometheus", ("promtool",), service="prometheus")  # its promtool runs the alerting rules
MMDEBSTRAP = Package("mmdebstrap", ("mmdebstrap",))
DEBIAN_KEYS = Package("debian-archive-keyring", ("/usr/share/keyrings/debian-archive-keyring.gpg",))

# By make target; git, make, python3 and ca-certificates are taken for granted.
PACKAGES: dict[str, tuple[Package, ...]] = {
    "uv": (VENV,),
    "test-program": (PROMETHEUS,),
    "test-localcloud": (IPROUTE, IPTABLES, PROCPS, POSTGRESQL, PGBOUNCER, REDIS, HAPROXY),
    "test-delivery": (),
    "test-backend": (POSTGRESQL, PGBOUNCER),
    "test-chatbot-backend": (POSTGRESQL, REDIS),
    "test-frontend": (),
    "e2e": (CHROMIUM, FONTS),
    "test-cluster": (CHROMIUM, FONTS),
    "rehearse": (CHROMIUM, FONTS),
    "bare-root": (MMDEBSTRAP, DEBIAN_KEYS),
    "test-bare": (MMDEBSTRAP, DEBIAN_KEYS),
}
SUITES = tuple(
    target for target in PACKAGES if target.startswith("test-") and target not in {"test-cluster", "test-bare"}
)
NEEDS_LINUX = {"test-localcloud", "test-cluster", "rehearse", "bare-root", "test-bare"}


def select_packages(targets: Iterable[str]) -> list[Package]:
    """The packages of these make targets, each once; `test`, `check` and `packages` are all suites."""
    return list(dict.fromkeys(package for target in _expand(targets) for package in PACKAGES[target]))


def require(package: Package) -> str:
    """The path of a package's program, for the test that runs it.

    Raises:
        MissingProgramError: it is not installed.
    """
    program = package.find_program()
    if program is None:
        raise MissingProgramError(f"{package.programs[-1]} is missing; run:\n  {describe_command([package])}")
    return program


def describe_command(missing: list[Package]) -> str:
    """What a person runs to install these packages."""
    names = " ".join(_name(package) for package in missing)
    sudo = "sudo " if shutil.which("sudo") and os.geteuid() != 0 else ""
    return f"{sudo}apt-get update && {sudo}apt-get install {' '.join(OPTIONS[:2])} {names}"


def ensure(targets: list[str]) -> None:
    """Install what these make targets need and is missing.

    Raises:
        MissingProgramError: we may not or cannot install it; the text says what to run.
    """
    wanted = f"make {' '.join(target for target in targets if target != 'uv') or 'setup'}"
    if sys.platform != "linux" and (unfit := [target for target in _expand(targets) if target in NEEDS_LINUX]):
        rest = " ".join(target for target in SUITES if target not in NEEDS_LINUX)
        raise MissingProgramError(
            f"{', '.join(unfit)} needs Linux: namespaces and control groups. Run in a Linux machine, or here: make {rest}"
        )
    missing = [package for package in select_packages(targets) if package.is_missing()]
    if not missing:
        return
    names = ", ".join(_name(package) for package in missing)
    if shutil.which("apt-get") is None:
        raise MissingProgramError(
            f"{wanted} needs {names} (names of Debian's packages), and there is no apt-get here:\n"
            "install them with this system's package manager, then run it again"
        )
    if os.geteuid() != 0:
        raise MissingProgramError(
            f"{wanted} needs {names}, and only root may install packages.\n"
            f"Run this, then {wanted} again:\n  {describe_command(missing)}"
        )
    print(f"Installing for {wanted}: {names} (apt-get)", flush=True)
    _install(missing)


def _expand(targets: Iterable[str]) -> list[str]:
    """Each target with a line in the table; targets that need nothing are left out."""
    every = [name for target in targets for name in (SUITES if target in {"test", "check", "packages"} else [target])]
    return [name for name in every if name in PACKAGES]


def _install(missing: list[Package]) -> None:
    command = ["apt-get", "install", "--quiet=2", *OPTIONS, *map(_name, missing)]
    services = [package.service for package in missing if package.service]
    with _lock(), _keep_services_stopped(services):
        if _run(command).returncode == 0:
            return
        _run(["apt-get", "update", "--quiet=2"])  # no lists of packages yet, or old ones
        done = _run(command)
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-LAST_LINES:])
        raise MissingProgramError(f"`{shlex.join(command)}` failed:\n{last}")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


@contextmanager
def _lock() -> Iterator[None]:
    """One installation at a time: apt-get does not wait for the lock on its lists."""
    descriptor = os.open("/var/lib/dpkg", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _keep_services_stopped(services: list[str]) -> Iterator[None]:
    """New packages start no service, now or at the next boot."""
    ours = bool(services) and not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink()
        if services and Path("/run/systemd/system").is_dir():
            _run(["systemctl", "disable", "--quiet", *services])


def _name(package: Package) -> str:
    release = Path("/etc/os-release")
    is_ubuntu = release.exists() and "ID=ubuntu" in release.read_text().splitlines()
    return package.ubuntu if is_ubuntu and package.ubuntu else package.name


if __name__ == "__main__":
    try:
        ensure(sys.argv[1:])
    except MissingProgramError as error:
        sys.exit(str(error))
