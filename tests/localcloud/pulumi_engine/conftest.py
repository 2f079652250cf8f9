"""Pulumi's real CLI, and a project of two lines in a repository of its own."""

from __future__ import annotations

import subprocess

import pytest

from localcloud.instance import Instance
from localcloud.machine.toolbox import Toolbox
from localcloud.pulumi_engine import cli as module
from localcloud.pulumi_engine.cli import Cli
from localcloud.pulumi_engine.workspace import Workspace
from localcloud.stack import Stack

PROGRAM = """\
import pulumi

pulumi.export("release", pulumi.Config("slipway").require("release"))
pulumi.export("secret", pulumi.Output.secret("hidden"))
"""


@pytest.fixture(scope="session")
def pulumi_cli() -> Cli:
    """The CLI that `make up` would use; `make test` gets it first."""
    from localcloud.machine.command import Commands

    real = Instance.from_environment()
    return module.get(Toolbox(real.tools, real.logs, Commands()), lambda **_: None)


@pytest.fixture
def project(tmp_path):
    """A checkout with a program that only exports."""
    folder = tmp_path / "check out"  # a space, as users have them
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: slipway\nruntime: python\n")
    (folder / "Pulumi.local.yaml").write_text("config:\n  slipway:release: HEAD\n  slipway:services: {}\n")
    (folder / "__main__.py").write_text(PROGRAM)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", *identity, *words], cwd=folder, check=True)
    return folder


@pytest.fixture
def workspace(instance, commands, project, pulumi_cli) -> Workspace:
    toolbox = Toolbox(instance.tools, instance.logs, commands)
    return Workspace(
        instance, Stack(instance, project, {}), commands, toolbox, {"DOCKER_HOST": "unix:///nowhere"}, pulumi_cli
    )
