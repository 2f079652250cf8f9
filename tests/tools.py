"""The programs that `make tools` gets, for the tests that run them: Helm, and Pulumi's CLI with its Python host."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bare.packages import MissingProgramError

from localcloud.instance import Instance
from localcloud.machine.command import Commands
from localcloud.machine.toolbox import Toolbox
from localcloud.pulumi_engine import cli

ROOT = Path(__file__).parents[1]


def find_helm() -> Path:
    """The path of Helm.

    Raises:
        MissingProgramError: there is none yet.
    """
    helm = _toolbox().helm
    if not helm.exists():
        raise MissingProgramError(f"Helm is missing at {helm}; run:\n  make tools")
    return helm


def find_debian(package: str) -> Path:
    """The path of the program of a Debian package that `make up` runs without installing it.

    Raises:
        MissingProgramError: it is not unpacked yet.
    """
    program = _toolbox().debian(package)
    if not program.exists():
        raise MissingProgramError(f"{program.name} is missing at {program}; run:\n  make tools")
    return program


def pulumi_environment() -> dict[str, str]:
    """The variables with which `pulumi` runs a Python program: the CLI that `make up` uses comes first on PATH.

    Raises:
        MissingProgramError: there is none yet.
    """
    toolbox = _toolbox()
    found = cli.find(toolbox)
    if found is None:
        raise MissingProgramError("the Pulumi CLI is missing; run:\n  make tools")
    host = cli.ensure_language_host(found, toolbox.folder)
    folders = [str(found.program.parent), *([str(host)] if host else []), str(Path(sys.executable).parent)]
    return {
        "PATH": os.pathsep.join([*folders, os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "SLIPWAY_PYTHON": sys.executable,
    }


def _toolbox() -> Toolbox:
    return Toolbox(Instance.from_environment().tools, Path(tempfile.gettempdir()), Commands())
