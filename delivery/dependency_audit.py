"""Known vulnerabilities of what is locked: those that run and can be fixed stop a change, the others are reported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.outcome import DeliveryError, UnreachableError

FOUND = 1  # pip-audit's status when it found something


@dataclass(frozen=True)
class Vulnerability:
    """One advisory about one locked package.

    Attributes:
        fixed_in: versions without it; empty while there is none.
        at_run_time: whether the package is installed where the program or a service runs.
    """

    project: str
    package: str
    version: str
    id: str
    fixed_in: tuple[str, ...]
    at_run_time: bool

    @property
    def blocking(self) -> bool:
        return self.at_run_time and bool(self.fixed_in)

    def __str__(self) -> str:
        remedy = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no fix yet"
        return f"{self.project}: {self.package} {self.version}: {self.id} ({remedy})"


def audit(project: Path, osv_url: str | None = None) -> list[Vulnerability]:
    """The known vulnerabilities of a uv project's lock file.

    Args:
        project: the folder of pyproject.toml and uv.lock.
        osv_url: ask this service, by OSV's protocol, instead of PyPI.

    Raises:
        UnreachableError: the service does not answer, so nothing is known.
        DeliveryError: the lock file cannot be read.
    """
    if not (project / "uv.lock").exists():  # uv would take the lock file of a folder above
        raise DeliveryError(f"cannot read {project}/uv.lock: it is not there")
    running = set(_locked(project, "--no-dev"))
    everything = _locked(project, "--all-groups")
    name = project.resolve().name
    return [
        Vulnerability(
            name, entry["name"], entry["version"], found["id"], tuple(found["fix_versions"]), entry["name"] in running
        )
        for entry in _asked(everything.values(), osv_url)
        for found in entry.get("vulns", ())
    ]


def _locked(project: Path, *groups: str) -> dict[str, str]:
    """The lock file's requirements by name, each as one line with its hashes."""
    command = [os.environ.get("UV", "uv"), "export", "--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
    done = subprocess.run([*command, *groups, "--project", str(project)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DeliveryError(f"cannot read {project}/uv.lock: {done.stderr.strip()}")
    joined = done.stdout.replace("\\\n", " ").splitlines()
    return {line.partition("==")[0].strip(): line for line in joined if "==" in line}


def _asked(requirements: Iterable[str], osv_url: str | None) -> list[Any]:
    service = ["--vulnerability-service", "osv", "--osv-url", osv_url] if osv_url else []
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *options, *service, "--requirement", "/dev/stdin"],
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, FOUND} or not done.stdout.strip():
        raise UnreachableError(f"pip-audit knows nothing: {done.stderr.strip().splitlines()[-1:]}")
    found: list[Any] = json.loads(done.stdout)["dependencies"]
    return found
