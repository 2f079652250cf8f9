"""What a team does with its stacks: the Pulumi CLI and `delivery`, as in the documentation and the workflows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from localcloud.machine import registry
from localcloud.machine.command import Commands
from localcloud.pulumi_engine.workspace import Session
from localcloud.rehearsal.account import Account
from localcloud.rehearsal.stack_file import RehearsedStack

LAST_LINES = 60


@dataclass
class Team:
    """A checkout of its own, in which releases are committed, and the state of two stacks.

    Attributes:
        folder: the checkout.
        environment: of every command.
        changes: what the stack files say beside the overrides, by stack: the edits that the team makes.
    """

    account: Account
    folder: Path
    environment: Mapping[str, str]
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def commands(self) -> Commands:
        return self.account.commands

    @property
    def log(self) -> Path:
        return self.account.instance.logs / "rehearsal.log"

    @contextmanager
    def with_token(self, token: str) -> Iterator[Team]:
        """The same team with another API token."""
        with self.account.workspace.session({"DIGITALOCEAN_TOKEN": token}) as session:
            yield replace(self, environment={**self.environment, **session.environment})

    def stack(self, name: str) -> RehearsedStack:
        """A stack of the checkout, with the team's edits."""
        return RehearsedStack(self.account.instance, self.folder, self.changes.get(name, {}), name)

    def stack_file(self, name: str) -> str:
        """The stack's file, written for `--config-file`."""
        return str(self.stack(name).write())

    def pulumi(self, *words: str, stack: str, program: bool = True) -> str:
        """Run `pulumi WORDS --stack <stack>`; `program`: whether it runs the program and so reads the stack file.

        Raises:
            CommandError: it failed; the text has its last lines.
        """
        options = ["--stack", stack, *(["--config-file", self.stack_file(stack)] if program else [])]
        command = [self._cli, *words, *options, "--non-interactive", "--color", "never"]
        return self._run(command, {"PULUMI_STACK": stack})

    def delivery(self, *words: str, stack: str) -> str:
        """Run `python -m delivery WORDS --stack <stack>`.

        Raises:
            CommandError: it failed; the text has its last lines.
        """
        options = ["--stack", stack, "--config-file", self.stack_file(stack)]
        return self._run([sys.executable, "-m", "delivery", *words, *options], {"PULUMI_STACK": stack})

    def log_in_to_registry(self, credentials: Mapping[str, Any]) -> None:
        """Do what `doctl registry login` does, with credentials from the API."""
        folder = self.folder.with_name("docker")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = json.loads((registry.docker_config(self.account.instance) / "config.json").read_text())
        auths = {**held.get("auths", {}), **credentials["auths"]}
        registry.write_private(folder / "config.json", json.dumps({**held, "auths": auths}))
        self.environment = {**self.environment, "DOCKER_CONFIG": str(folder)}

    def git(self, *words: str) -> str:
        """Run git in the checkout."""
        identity = ["-c", "user.name=rehearsal", "-c", "user.email=rehearsal@example.com"]
        done = subprocess.run(["git", *identity, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, file: str, text: str, message: str) -> str:
        """Append text to a file, commit it on `develop`, and return the commit."""
        path = self.folder / file
        path.write_text((path.read_text() if path.exists() else "") + text)
        self.git("add", file)
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    @property
    def _cli(self) -> str:
        return str(self.account.workspace.cli.program)

    def _run(self, command: list[str], environment: Mapping[str, str]) -> str:
        return self.commands.run(
            command,
            log=self.log,
            environment={**self.environment, **environment},
            folder=self.folder,
            last_lines=LAST_LINES,
        )


def clone(source: Path, folder: Path) -> None:
    """Clone HEAD of a checkout, as the team's own repository; an existing clone stays."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "-q", str(source), str(folder)], check=True)
    subprocess.run(["git", "checkout", "-q", "-B", "develop"], cwd=folder, check=True)


def team_environment(session: Session) -> dict[str, str]:
    """The environment of the team's machine: its token, its state, and the resolver's trusted authorities."""
    return {**os.environ, **session.environment, "PYTHONPATH": session.environment.get("PYTHONPATH", "")}
