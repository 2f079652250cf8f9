"""Where the engine works: its state, the passphrase of its secrets, its home, and its programs' environment.

All of it is of this instance alone. The user's own login, stacks and plugins are neither used nor changed.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from localcloud.api.access_token import token
from localcloud.instance import Instance
from localcloud.machine.command import Commands
from localcloud.machine.marked_processes import RUN_MARK
from localcloud.machine.toolbox import Toolbox
from localcloud.pulumi_engine.cli import Cli, ensure_language_host
from localcloud.pulumi_engine.plugins import PACKAGES_FOLDER, Plugins, attach
from localcloud.secret_file import read_or_create
from localcloud.stack import PROJECT, Stack

LAST_LINES = 200  # of a failed run: the program's own words, with pods' reasons and their last log lines


def plugins_of(instance: Instance) -> Plugins:
    """The plugins that the instances of one cache share."""
    return Plugins(instance.cache / "pulumi-home", instance.tools)


@dataclass(frozen=True)
class Workspace:
    """A stack of one instance, as Pulumi's engine sees it.

    Attributes:
        docker: how clients reach the Docker Engine and log in to the registry, as environment variables; empty where
            no engine answers, which a first preview can do without.
    """

    instance: Instance
    stack: Stack
    commands: Commands
    toolbox: Toolbox
    docker: Mapping[str, str]
    cli: Cli

    @property
    def state(self) -> Path:
        """The folder of the state, in the one format that Pulumi's file backend has."""
        return self.instance.home / "pulumi"

    @property
    def checkpoint(self) -> Path:
        """The file of the stack's state; absent until the stack is created."""
        return self.state / f".pulumi/stacks/{PROJECT}/{self.stack.name}.json"

    @property
    def plugins(self) -> Plugins:
        return plugins_of(self.instance)

    @property
    def log(self) -> Path:
        return self.instance.logs / "deploy.log"

    @contextmanager
    def session(self, changes: Mapping[str, str] = MappingProxyType({})) -> Iterator[Session]:
        """What runs Pulumi commands, with our providers attached where official plugins are missing.

        Args:
            changes: of the environment that commands and providers have otherwise.

        Raises:
            PluginError: our providers did not start.
        """
        environment = {**self.environment(), **changes}
        ours = [plugin.package for plugin in self.plugins.find() if not plugin.official]
        log = self.instance.logs / "providers.log"
        with attach(ours, environment, self.stack.checkout, log) as addresses:
            yield Session(self, {**environment, **addresses})

    def environment(self) -> dict[str, str]:
        """What the engine and its programs need in their environment; providers are not attached."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        passphrase = self.state / "passphrase"
        read_or_create(passphrase, lambda: secrets.token_urlsafe(32))
        return {
            **self.docker,
            "DIGITALOCEAN_TOKEN": token(self.instance),
            "PATH": os.pathsep.join([*self._programs(), os.environ["PATH"]]),
            # Without a second file of attributes: it is written in place, and a program that reads its stack's state
            # (infra/stack_state.py) while the engine saves it finds the file empty.
            "KUBECONFIG": str(self.instance.kubeconfig),  # preview environments read it
            "PULUMI_BACKEND_URL": f"file://{self.state}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
            "PULUMI_HOME": str(self.plugins.home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            RUN_MARK: str(self.instance.run),  # a killed command's leftovers are found by it
            "PULUMI_STACK": self.stack.name,
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",  # a crash inside a wheel's own code says where it was
            "PYTHONPATH": str(PACKAGES_FOLDER),
            "SLIPWAY_HELM": str(self.toolbox.helm),
            "SLIPWAY_PYTHON": sys.executable,
        }

    def _programs(self) -> list[str]:
        """Folders that go before PATH: of the CLI, of its language host, and of uv, which the official host calls."""
        folders = [str(self.cli.program.parent)]
        if (host := ensure_language_host(self.cli, self.toolbox.folder)) is not None:
            folders.append(str(host))
        if uv := os.environ.get("UV"):
            folders.append(str(Path(uv).parent))
        return folders


@dataclass(frozen=True)
class Session:
    """Runs Pulumi commands on the stack.

    Attributes:
        environment: of every command, and of whatever else works on this stack.
    """

    workspace: Workspace
    environment: dict[str, str]

    def run(self, *words: str, last_lines: int = LAST_LINES) -> str:
        """Run `pulumi WORDS --stack <name>` and return what it printed.

        Raises:
            CommandError: it failed; the text has its last lines.
        """
        return self._pulumi([*words, "--stack", self.workspace.stack.name], last_lines)

    def run_program(self, *words: str) -> str:
        """The same for a command that runs the program, with this instance's configuration.

        Raises:
            CommandError: it failed; the text has its last lines.
        """
        return self.run(*words, "--config-file", str(self.workspace.stack.write()))

    def outputs(self) -> dict[str, Any]:
        """What the program exports; nothing of it may be secret.

        Read from the state's file: asking the CLI takes a second.
        """
        resources = self.checkpoint().get("resources") or []
        of_stack = (each.get("outputs", {}) for each in resources if each["type"] == "pulumi:pulumi:Stack")
        outputs: dict[str, Any] = next(of_stack, {})
        return outputs

    def checkpoint(self) -> dict[str, Any]:
        """The state's resources and pending operations; empty where nothing ran yet."""
        try:
            latest: dict[str, Any] | None = json.loads(self.workspace.checkpoint.read_text())["checkpoint"]["latest"]
        except FileNotFoundError:
            return {}
        return latest or {}

    def cancel(self) -> None:
        """Remove the stack's lock, whoever holds it.

        Raises:
            CommandError: it failed.
        """
        self._pulumi(["cancel", "--yes", self.workspace.stack.name], LAST_LINES)

    def create_stack(self) -> None:
        """Create the stack, unless it is there.

        From a project folder of its own: creating one writes to Pulumi.<stack>.yaml, and the committed one
        is not ours to change.
        """
        if self.workspace.checkpoint.exists():
            return
        project = self.workspace.state / "project"
        project.mkdir(exist_ok=True)
        (project / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        self._pulumi(["--cwd", str(project), "stack", "select", "--create", self.workspace.stack.name], LAST_LINES)

    def _pulumi(self, words: Sequence[str], last_lines: int) -> str:
        workspace = self.workspace
        return workspace.commands.run(
            [workspace.cli.program, *words, "--non-interactive", "--color", "never"],
            log=workspace.log,
            environment=self.environment,
            folder=workspace.stack.checkout,
            last_lines=last_lines,
        )
