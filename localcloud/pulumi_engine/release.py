"""The official release of the Pulumi CLI: downloaded where it can be reached, and used only if its checksum is ours.

releases.sha256 has the checksums, as Pulumi publishes them in its Homebrew formula (pulumi/homebrew-tap).
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from localcloud import versions
from localcloud.machine.locks import exclusive
from localcloud.steps import Report

HOST = "https://get.pulumi.com"
URL = f"{HOST}/releases/sdk"
CHECKSUMS = Path(__file__).parent / "releases.sha256"
ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
CONNECT_SECONDS = 5.0
DOWNLOAD_SECONDS = 300.0
RETRY_SECONDS = 24 * 3600.0  # how long a host that did not answer is not asked again


class ReleaseError(RuntimeError):
    """What was downloaded is not the release that Pulumi published."""


def is_reachable(memory: Path) -> bool:
    """Whether Pulumi's download host answers; a "no" is remembered for a day by the file `memory`."""
    if memory.exists() and time.time() - memory.stat().st_mtime < RETRY_SECONDS:
        return False
    try:
        httpx.head(HOST, timeout=CONNECT_SECONDS)
    except httpx.HTTPError:
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.touch()
        return False
    memory.unlink(missing_ok=True)
    return True


def archive_name(system: str | None = None, machine: str | None = None) -> str:
    """The release's file for a platform, this one unless given (`linux`, `x86_64`)."""
    system = (system or platform.system()).lower()
    machine = (machine or platform.machine()).lower()
    return f"pulumi-v{versions.PULUMI}-{system}-{ARCHITECTURES.get(machine, machine)}.tar.gz"


def checksum(archive: str) -> str | None:
    """The SHA-256 that a release's file must have, in hexadecimal digits; None where none is known."""
    lines = (line.split() for line in CHECKSUMS.read_text().splitlines())
    return next((digest for digest, name in lines if name == archive), None)


def program(tools: Path) -> Path:
    """Where the release's `pulumi` is once it was downloaded."""
    return tools / f"pulumi-{versions.PULUMI}-release" / "pulumi"


def download(tools: Path, report: Report, *, url: str = URL) -> Path | None:
    """Download and unpack the release; returns its `pulumi`, or None where there is none for this platform.

    Raises:
        ReleaseError: the checksum is another one.
        httpx.HTTPError: the download failed.
    """
    archive, target = archive_name(), program(tools)
    wanted = checksum(archive)
    if wanted is None:
        return None
    with exclusive(tools / "pulumi-release.lock"):
        if target.exists():
            return target
        report(note=f"downloading {archive}")
        with tempfile.TemporaryDirectory(dir=tools) as folder:
            file = Path(folder) / archive
            _fetch(f"{url}/{archive}", file)
            if (found := hashlib.sha256(file.read_bytes()).hexdigest()) != wanted:
                raise ReleaseError(f"{url}/{archive} has the SHA-256 {found}, and {CHECKSUMS.name} has {wanted}")
            # Not tarfile: Debian 12's Python has no extraction filters.
            unpack = ["tar", "--extract", "--gzip", f"--file={file}", f"--directory={folder}"]
            done = subprocess.run(unpack, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise ReleaseError(f"{archive} cannot be unpacked: {done.stderr.strip()}")
            shutil.rmtree(target.parent, ignore_errors=True)
            (Path(folder) / "pulumi").replace(target.parent)
    return target


def _fetch(url: str, file: Path) -> None:
    timeout = httpx.Timeout(DOWNLOAD_SECONDS, connect=CONNECT_SECONDS)
    with httpx.stream("GET", url, timeout=timeout, follow_redirects=True) as reply, file.open("wb") as out:
        reply.raise_for_status()
        for chunk in reply.iter_bytes():
            out.write(chunk)
