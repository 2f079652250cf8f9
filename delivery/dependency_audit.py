"""Known vulnerabilities of what is locked: those that run and can be fixed stop a change, the others are reported.

A universal lock may hold a package in several versions, for several versions of Python or systems. pip-audit leaves
out what is not for the Python that it runs on, and takes a package once. So it is asked about names and versions
alone, once for each version of the package that has most.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from delivery.outcome import DeliveryError, MissingError, UnreachableError

FOUND = 1  # pip-audit's status when it found something
SECONDS = 600.0  # of one question about some hundred packages; PyPI answers in half a minute
MOST_TEXT = 200  # characters of a program's output that are shown
PINNED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)")


@dataclass(frozen=True, order=True)
class Pin:
    """One version of one package."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class Vulnerability:
    """One advisory about one locked package, or that nobody could be asked about the package.

    Attributes:
        fixed_in: versions without it; empty while there is none.
        at_run_time: whether the package is installed where the program or a service runs.
        unknown: why nothing is known of the package; None where something is.
    """

    project: str
    package: str
    version: str
    id: str
    fixed_in: tuple[str, ...]
    at_run_time: bool
    unknown: str | None = None

    @property
    def blocking(self) -> bool:
        return self.at_run_time and bool(self.fixed_in)

    def __str__(self) -> str:
        if self.unknown:
            return f"{self.project}: {self.package} {self.version}: {self.id}: {self.unknown}"
        remedy = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no fix yet"
        return f"{self.project}: {self.package} {self.version}: {self.id} ({remedy})"


class Advisory(BaseModel):
    """An entry of `vulns` in pip-audit's JSON."""

    id: str
    fix_versions: tuple[str, ...] = ()


class AuditedPackage(BaseModel):
    """An entry of `dependencies` in pip-audit's JSON; one that it did not ask about has a reason instead."""

    name: str
    version: str | None = None
    vulns: list[Advisory] = Field(default_factory=list)
    skip_reason: str | None = None


class Audit(BaseModel):
    """What `pip-audit --format json` prints."""

    dependencies: list[AuditedPackage]


def audit(project: Path, osv_url: str | None = None) -> list[Vulnerability]:
    """The known vulnerabilities of a uv project's lock file.

    Args:
        project: the folder of pyproject.toml and uv.lock.
        osv_url: ask this service, by OSV's protocol, instead of PyPI.

    Raises:
        MissingError: there is no uv.
        UnreachableError: the service does not answer, or not for every package, so nothing is known.
        DeliveryError: the lock file cannot be read.
    """
    if not (project / "uv.lock").exists():  # uv would take the lock file of a folder above
        raise DeliveryError(f"cannot read {project}/uv.lock: it is not there")
    running = list_pins(project, "--no-default-groups")
    everything = running | list_pins(project, "--all-groups")
    name = project.resolve().name
    found = []
    for pin, answer in _audit_pins(everything, osv_url):
        facts: Any = {"project": name, "package": pin.name, "version": pin.version, "at_run_time": pin in running}
        if answer.skip_reason:  # a package that is not public: it is in the list, and blocks nothing
            found.append(Vulnerability(**facts, id="not audited", fixed_in=(), unknown=answer.skip_reason))
        found += [Vulnerability(**facts, id=each.id, fixed_in=each.fix_versions) for each in answer.vulns]
    return found


def list_pins(project: Path, *groups: str) -> frozenset[Pin]:
    """Every version of every package that the lock file has, for any version of Python and any system.

    Raises:
        MissingError: there is no uv.
        DeliveryError: the lock file cannot be read, or has a package that is not pinned to a version.
    """
    words = ["--frozen", "--no-emit-project", "--no-header", "--no-annotate", "--no-hashes", "--all-extras"]
    command = [os.environ.get("UV", "uv"), "export", *words, *groups, "--project", str(project)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise MissingError(f"{command[0]} is not on PATH: https://docs.astral.sh/uv/") from None
    except OSError as error:
        raise MissingError(f"{command[0]} cannot run: {error.strerror}") from None
    if done.returncode != 0:
        raise DeliveryError(f"cannot read {project}/uv.lock: {_shorten(done.stderr)}")
    return frozenset(_read_pins(done.stdout, project))


def _read_pins(text: str, project: Path) -> Iterator[Pin]:
    for raw in text.replace("\\\n", " ").splitlines():
        line = raw.split(" #")[0].strip()
        if not line or line.startswith(
            ("#", "--hash", "-e ", "./", "../")
        ):  # the last are folders of this repository
            continue
        if (match := PINNED.match(line)) is None:
            raise DeliveryError(f"{project}/uv.lock has what cannot be audited: {line[:MOST_TEXT]!r} has no version")
        yield Pin(match["name"], match["version"])


def _audit_pins(pins: Iterable[Pin], osv_url: str | None) -> Iterator[tuple[Pin, AuditedPackage]]:
    """What is known of each pin.

    Raises:
        UnreachableError: an answer is missing.
    """
    left = sorted(pins)
    while left:
        asked = {_normalize(pin.name): pin for pin in left}  # of each package one version
        left = [pin for pin in left if pin not in asked.values()]
        answers = {_normalize(each.name): each for each in _ask(asked.values(), osv_url)}
        if missing := [str(pin) for name, pin in asked.items() if name not in answers]:
            raise UnreachableError(f"pip-audit says nothing of {', '.join(missing)[:MOST_TEXT]}")
        yield from ((pin, answers[name]) for name, pin in asked.items())


def _ask(pins: Iterable[Pin], osv_url: str | None) -> list[AuditedPackage]:
    service = ["--vulnerability-service", "osv", "--osv-url", osv_url] if osv_url else []
    options = ["--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *options, *service, "--requirement", "/dev/stdin"],
            input="\n".join(map(str, pins)),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise UnreachableError(f"pip-audit knows nothing: no answer within {SECONDS:.0f} s") from None
    if done.returncode not in {0, FOUND} or not done.stdout.strip():
        last = done.stderr.strip().splitlines()[-1:]
        raise UnreachableError(f"pip-audit knows nothing: {_shorten(*last) or f'status {done.returncode}'}")
    return read_audit(done.stdout)


def read_audit(text: str) -> list[AuditedPackage]:
    """What pip-audit found.

    Raises:
        UnreachableError: it printed something else, so nothing is known.
    """
    try:
        return TypeAdapter(Audit).validate_json(text).dependencies
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"])) or "it"
        raise UnreachableError(
            f"pip-audit printed what is not its JSON: {place}: {problem['msg']}; it begins {text[:MOST_TEXT]!r}"
        ) from None


def _normalize(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _shorten(text: str = "") -> str:
    return " ".join(text.split())[:MOST_TEXT]
