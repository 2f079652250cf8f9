"""A program with one DigitalOcean resource, as Pulumi's own examples are written, on the same engine and provider."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.cloud import LocalCloud
from localcloud.pulumi_engine.plugins import attach
from perf.command import run

PACKAGE = "digitalocean"
STACK = "bench"
PROGRAM = """\
import pulumi_digitalocean as digitalocean

digitalocean.Vpc("network", name="slipway-bench", region="fra1", ip_range="10.99.0.0/24")
"""
PROJECT = "name: bench\nruntime: python\n"


@dataclass(frozen=True)
class SmallProgram:
    """The program in `folder`, with a state of its own there.

    Attributes:
        environment: of the engine.
        attached: those of the program's providers that are ours: only the one that it uses.
    """

    folder: Path
    pulumi: Path
    environment: Mapping[str, str]
    attached: Sequence[str]

    @classmethod
    def of(cls, cloud: LocalCloud, folder: Path) -> SmallProgram:
        """Write the project and create its stack."""
        (folder / "state").mkdir(parents=True)
        (folder / "__main__.py").write_text(PROGRAM)
        (folder / "Pulumi.yaml").write_text(PROJECT)
        api = f"http://127.0.0.1:{cloud.instance.api_port}"
        (folder / f"Pulumi.{STACK}.yaml").write_text(f"config:\n  digitalocean:apiEndpoint: {api}\n")
        workspace = cloud.workspace
        environment = workspace.environment()
        environment |= {
            "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_STACK": STACK,
        }
        ours = [plugin.package for plugin in workspace.plugins.find() if not plugin.official]
        made = cls(folder, workspace.cli.program, environment, [PACKAGE] if PACKAGE in ours else [])
        made.run("stack", "init", STACK)
        return made

    def up(self) -> None:
        self.run("up", "--yes", "--skip-preview")

    def preview(self) -> None:
        self.run("preview", "--diff")

    def remove(self) -> None:
        self.run("destroy", "--yes", "--skip-preview")

    def run(self, *words: str) -> None:
        """Run a command of Pulumi."""
        with attach(self.attached, self.environment, self.folder, self.folder / "providers.log") as addresses:
            run([self.pulumi, *words, "--non-interactive"], self.folder, {**self.environment, **addresses})
