"""What a team does with its stacks: the commands of the documentation, the Pulumi CLI and `slipway`."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from infra.config.stack_file import load_config, load_stack_file, write_stack_file
from localcloud.instance import Instance
from localcloud.machine import registry
from localcloud.pulumi_engine.workspace import Session
from localcloud.rehearsal.account import Account
from localcloud.rehearsal.stack_file import RehearsedStack, merge

LAST_LINES = 60
BRANCH = "pull-request"
BLOCK = re.compile(r"^```console *(?P<shell>\w*)$(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in {"NAME": "rehearsal", "EMAIL": "rehearsal@example.com"}.items()
}


@dataclass(frozen=True)
class Team:
    """A clone of the checkout, in which the team commits, and the environment of its commands."""

    account: Account
    folder: Path
    environment: Mapping[str, str]

    def with_token(self, token: str, **more: str) -> AbstractContextManager[Team]:
        """The same team with another API token, and `more` in the environment."""
        return self.with_environment({"DIGITALOCEAN_TOKEN": token, **more})

    @contextmanager
    def with_environment(self, variables: Mapping[str, str]) -> Iterator[Team]:
        """The same team with other variables, for its commands and for providers."""
        with self.account.workspace.session(variables) as session:
            yield replace(self, environment={**self.environment, **session.environment, **variables})

    def edit(self, stack: str, changes: Mapping[str, Any], message: str) -> None:
        """Change a stack file and commit it, unless it says so already."""
        file = self.folder / f"Pulumi.{stack}.yaml"
        content = load_stack_file(file)
        content["config"] = merge(content["config"], changes)
        file.write_text(write_stack_file(content))
        self.commit_all(message)

    def configure(self, stack: str, instance: Instance | None = None) -> None:
        """Write the rehearsal's overrides into a stack file, as a team writes its names, sizes and hosts.

        Args:
            instance: of the stack's account, if that is another one.
        """
        rehearsed = RehearsedStack(instance or self.account.instance, self.folder, {}, stack).configuration()
        self.edit(stack, rehearsed, f"Configure {stack} for this account")

    def read(self, stack: str) -> dict[str, Any]:
        """A stack file's configuration."""
        return load_config(self.folder / f"Pulumi.{stack}.yaml")

    def follow(
        self,
        page: str,
        section: str,
        *,
        before: str | None = None,
        shells: Mapping[str, Team] = MappingProxyType({}),
    ) -> None:
        """Run the console blocks of a section of a page as they are written, in one shell.

        Args:
            shells: whose environment a block has that is marked with a name (```` ```console staging ````).
            before: the beginning of the command to stop before; None: all of them are run.

        Raises:
            CommandError: a command failed; the text has its last lines.
            LookupError: the page has no such section, or the section no command.
        """
        text = (self.folder / page).read_text()
        _, heading, rest = text.partition(f"\n## {section}\n")
        commands: list[str] = []
        for shell, block in BLOCK.findall(rest.partition("\n## ")[0]):
            lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
            commands += shells[shell].enclose(lines, shell) if shell else lines
        if before is not None:
            commands = commands[: next(n for n, command in enumerate(commands) if command.startswith(before))]
        if not heading or not commands:
            raise LookupError(f"{page} has no commands under '## {section}'")
        self._run(["sh", "-e", "-x", "-c", "\n".join(commands)], {"PULUMI_SKIP_CONFIRMATIONS": "true"})

    def pulumi(self, *words: str, stack: str) -> str:
        """Run `pulumi WORDS --stack <stack>`.

        Raises:
            CommandError: it failed; the text has its last lines.
        """
        program = str(self.account.workspace.cli.program)
        options = ["--stack", stack, "--non-interactive", "--color", "never"]
        return self._run([program, *words, *options], {"PULUMI_STACK": stack})

    def slipway(self, *words: str, stack: str) -> str:
        """Run `slipway WORDS --stack <stack>`, by the clone's own code.

        Raises:
            CommandError: it failed; the text has its last lines.
        """
        return self._run([sys.executable, "-m", "slipway", *words, "--stack", stack], {"PULUMI_STACK": stack})

    def log_in_to_registry(self, credentials: Mapping[str, Any]) -> Team:
        """Do what `doctl registry login` does, with credentials from the API."""
        folder = self.folder.with_name("docker")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = json.loads((registry.docker_config(self.account.instance) / "config.json").read_text())
        auths = {**held.get("auths", {}), **credentials["auths"]}
        registry.write_private(folder / "config.json", json.dumps({**held, "auths": auths}))
        return replace(self, environment={**self.environment, "DOCKER_CONFIG": str(folder)})

    def git(self, *words: str) -> str:
        """Run git in the clone."""
        command, environment = ["git", *words], {**os.environ, **IDENTITY}
        done = subprocess.run(command, cwd=self.folder, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Have what is committed meanwhile on a branch of its own, which is left and forgotten at the end."""
        self.git("checkout", "-q", "-b", BRANCH)
        try:
            yield
        finally:
            self.git("checkout", "-q", "--force", "-")
            self.git("branch", "-q", "-D", BRANCH)

    def commit_all(self, message: str) -> None:
        """Commit the changes of files that git knows, if there are any."""
        if self.git("status", "--porcelain", "--untracked-files=no"):
            self.git("commit", "-q", "-a", "-m", message)

    def commit(self, file: str, text: str, message: str) -> None:
        """Append text to a file and commit it."""
        path = self.folder / file
        path.write_text((path.read_text() if path.exists() else "") + text)
        self.git("add", file)
        self.git("commit", "-q", "-m", message)

    def enclose(self, commands: Sequence[str], name: str) -> list[str]:
        """Return the commands for another team's shell so that they run in this one's environment.

        The environment is in a private file, and no trace of the shell shows what it reads there.

        Args:
            name: of the file.
        """
        file = self.account.instance.home / f"rehearsal/{name}.env"
        changed = {key: value for key, value in self.environment.items() if os.environ.get(key) != value}
        registry.write_private(file, "".join(f"export {key}={shlex.quote(text)}\n" for key, text in changed.items()))
        return ["(", f"{{ set +x; . {file}; set -x; }} 2>/dev/null", *commands, ")"]

    def _run(self, command: list[str], environment: Mapping[str, str]) -> str:
        return self.account.commands.run(
            command,
            log=self.account.instance.logs / "rehearsal.log",
            environment={**self.environment, **environment},
            folder=self.folder,
            last_lines=LAST_LINES,
        )


def create_team(account: Account, folder: Path, session: Session) -> Team:
    """A team with the account's token and its own state, in the clone that an earlier run left, or a new one."""
    url = f"http://127.0.0.1:{account.instance.api_port}"
    environment = {**os.environ, **IDENTITY, **session.environment, "DIGITALOCEAN_API_URL": url}
    team = Team(account, folder, environment)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "-q", str(account.stack.checkout), str(folder)], check=True)
        team.git("checkout", "-q", "-B", "develop")
    return team


def remove_clone(folder: Path) -> None:
    """Remove what an earlier run committed."""
    shutil.rmtree(folder, ignore_errors=True)
