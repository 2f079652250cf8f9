"""The Pulumi CLI that drives the local cloud: the user's own, the official release, or built from its Go module."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx
from semver import VersionInfo

from localcloud import versions
from localcloud.machine.toolbox import PULUMI, Toolbox
from localcloud.pulumi_engine import release
from localcloud.steps import Report

LANGUAGE_HOST = "pulumi-language-python"
# One script for every checkout and virtual environment: both come in the environment.
HOST_SCRIPT = '#!/bin/sh\nexec "$SLIPWAY_PYTHON" -m localcloud.pulumi_engine.language_host "$@"\n'
MEMORY = "pulumi-unreachable"  # below the tools: Pulumi's host did not answer


class MissingCliError(RuntimeError):
    """There is no Pulumi CLI here yet."""


@dataclass(frozen=True)
class Cli:
    """A Pulumi CLI.

    Attributes:
        program: its path.
        version: without a `v`.
        origin: where it comes from, in words.
    """

    program: Path
    version: str
    origin: str

    def __str__(self) -> str:
        return f"Pulumi {self.version} ({self.origin})"

    @property
    def language_host(self) -> Path | None:
        """The Python language host that it brings; None where it brings none."""
        folders = [str(self.program.resolve().parent)]
        if str(self.program) == shutil.which("pulumi"):  # one of ours does not run the host of an older CLI on PATH
            folders += os.get_exec_path()
        found = shutil.which(LANGUAGE_HOST, path=os.pathsep.join(folders))
        return Path(found) if found else None


def find(toolbox: Toolbox) -> Cli | None:
    """The CLI that is here already: on PATH and new enough, downloaded, or built; None where there is none."""
    if (own := _on_path()) is not None:
        return own
    downloaded, built = release.program(toolbox.folder), PULUMI.folder(toolbox.folder) / "pulumi"
    if downloaded.exists():
        return Cli(downloaded, versions.PULUMI, "official release")
    return Cli(built, versions.PULUMI, "built from its Go module") if built.exists() else None


def get(toolbox: Toolbox, report: Report) -> Cli:
    """The CLI, downloaded or built where there is none yet.

    Raises:
        ReleaseError: the download is not what Pulumi published.
        CommandError: the build failed.
    """
    found = find(toolbox)
    if found is None and release.is_reachable(toolbox.folder / MEMORY):
        try:
            release.download(toolbox.folder, report)
        except httpx.HTTPError as error:
            report(note=f"the release cannot be downloaded ({error}); building it instead")
    found = found or find(toolbox)
    if found is None:
        toolbox.build_pulumi(report)
        found = find(toolbox)
    if found is None:
        raise MissingCliError(f"the build left no pulumi below {toolbox.folder}")
    report(note=str(found))
    return found


def ensure_language_host(cli: Cli, folder: Path) -> Path | None:
    """Have a Python language host; returns the folder that has to be on PATH for it, or None where none has to.

    Beside a CLI of ours, where Pulumi looks first. The user's own CLI is not changed: for one that brings no host,
    ours is in `folder`.
    """
    if cli.language_host is not None:
        return None
    beside = cli.program.parent.is_relative_to(folder)
    target = cli.program.parent if beside else folder / "language-host"
    target.mkdir(parents=True, exist_ok=True)
    partial = target / f"{LANGUAGE_HOST}.{os.getpid()}"
    partial.write_text(HOST_SCRIPT)
    partial.chmod(0o755)
    partial.replace(target / LANGUAGE_HOST)
    return None if beside else target


def _on_path() -> Cli | None:
    """The user's own CLI, unless it is older than the program's SDK."""
    program = shutil.which("pulumi")
    if program is None:
        return None
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([program, "version"], env=environment, capture_output=True, text=True, check=False)
    except OSError:  # of another architecture, or a link to nothing
        return None
    version = done.stdout.strip().removeprefix("v")
    if not VersionInfo.is_valid(version) or VersionInfo.parse(version) < VersionInfo.parse(versions.PULUMI):
        return None
    return Cli(Path(program), version, f"{program}, on PATH")
