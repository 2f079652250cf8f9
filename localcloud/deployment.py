"""Running the Pulumi program: by the Pulumi CLI where there is one, else in process."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from localcloud.api.access_token import token
from localcloud.instance import Instance
from localcloud.machine.command import Cancelled, Commands
from localcloud.machine.docker import Engine
from localcloud.stack import PROJECT, STACK, Stack
from localcloud.steps import Report

LAST_LINES = 200  # the program's own words on a failure: pods' reasons and their last log lines
ANSWER_SECONDS = 60.0  # Helm has waited for readiness by then: this is only for the way in


class DeploymentError(RuntimeError):
    """The program cannot be run here, or ended well and a service does not answer."""


@dataclass(frozen=True)
class Live:
    """A service that answers."""

    service: str
    sha: str
    url: str | None

    def __str__(self) -> str:
        where = f" at {self.url}" if self.url else " inside the cluster"
        return f"{self.service} {self.sha[:7] + self.sha[12:]} is live{where}"


@dataclass(frozen=True)
class Deployment:
    """The program on one instance."""

    instance: Instance
    stack: Stack
    commands: Commands
    docker: Engine

    @property
    def by_cli(self) -> bool:
        return shutil.which("pulumi") is not None

    def up(self, report: Report) -> list[Live]:
        """Run the program and wait until every service answers on its loopback URL.

        Raises:
            CommandError: the program failed; the text has what it said.
            DeploymentError: a service does not answer.
        """
        report(note="by the Pulumi CLI" if self.by_cli else "in process: no Pulumi CLI on PATH")
        self._keep_engine()
        outputs = self._cli("up") if self.by_cli else self._in_process("up")
        return [self._live(name, facts) for name, facts in outputs["services"].items()]

    def _keep_engine(self) -> None:
        """Refuse to go on with another engine than the one that made what is here.

        Pulumi would make again, and be refused, what its state does not know of.

        Raises:
            DeploymentError: the engine is another one.
        """
        record, engine = self.instance.home / "engine", "the Pulumi CLI" if self.by_cli else "the in-process engine"
        made_by = record.read_text() if record.exists() else engine
        if made_by != engine:
            raise DeploymentError(
                f"this local cloud was made by {made_by}, and {engine} would be used now; "
                "start anew with `make down PURGE=1`, or change PATH back"
            )
        record.write_text(engine)

    def preview(self) -> str:
        """What `up` would do, as text.

        Raises:
            CommandError: the program failed.
        """
        if self.by_cli:
            return self._pulumi("preview", "--diff")
        return self._run_engine("preview")

    def _in_process(self, command: str) -> dict[str, Any]:
        lines = self._run_engine(command).splitlines()
        last = next(line for line in reversed(lines) if line.startswith("outputs: "))  # Python may warn at its end
        outputs: dict[str, Any] = json.loads(last.removeprefix("outputs: "))
        return outputs

    def _run_engine(self, command: str) -> str:
        options = {"checkout": str(self.stack.checkout), "overrides": self.stack.overrides}
        return self.commands.run(
            [sys.executable, "-m", "localcloud.engine", command],
            log=self.instance.logs / "deploy.log",
            environment=self._environment(),
            folder=self.stack.checkout,
            stdin=json.dumps(options),
            last_lines=LAST_LINES,
        )

    def _cli(self, command: str) -> dict[str, Any]:
        # A run that was killed leaves Pulumi's lock; whoever is here holds the instance's own, so nobody is at work.
        self._pulumi("cancel", "--yes")
        lost = ["--refresh"] if (self.instance.home / "etcd.damaged").exists() else []  # see machine/etcd.py
        self._pulumi(command, "--yes", "--skip-preview", "--non-interactive", *lost)
        outputs: dict[str, Any] = json.loads(self._pulumi("stack", "output", "--json"))
        return outputs

    def environment(self) -> dict[str, str]:
        """What a command of one's own needs to work on this stack with the Pulumi CLI.

        Raises:
            DeploymentError: there is no CLI.
        """
        if not self.by_cli:
            raise DeploymentError(
                "the Pulumi CLI is not on PATH, and the in-process engine keeps no state to work on"
            )
        self.stack.write()
        return self._cli_environment(self.instance.home / "pulumi")

    def _cli_environment(self, state: Path) -> dict[str, str]:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        passphrase = state / "passphrase"
        if not passphrase.exists():
            passphrase.touch(mode=0o600)
            passphrase.write_text(secrets.token_urlsafe(32))
        return {
            **self._environment(),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": passphrase.read_text(),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def _pulumi(self, *words: str) -> str:
        state = self.instance.home / "pulumi"
        environment = self._cli_environment(state)
        log = self.instance.logs / "deploy.log"
        if words[0] == "cancel":
            self._create_stack(state, environment)
            common = [STACK]
        elif words[0] == "stack":
            common = ["--stack", STACK]
        else:
            common = ["--stack", STACK, "--config-file", str(self.stack.write())]
            self._create_stack(state, environment)
        return self.commands.run(
            ["pulumi", *words, *common],
            log=log,
            environment=environment,
            folder=self.stack.checkout,
            last_lines=LAST_LINES,
        )

    def _create_stack(self, state: Path, environment: dict[str, str]) -> None:
        """Make the stack, unless it is there.

        From a project folder of its own: creating one writes to Pulumi.<stack>.yaml, and the committed one
        is not ours to change.
        """
        project = state / "project"
        project.mkdir(exist_ok=True)
        (project / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        command = ["pulumi", "--cwd", str(project), "stack", "select", "--create", STACK]
        self.commands.run(command, log=self.instance.logs / "deploy.log", environment=environment)

    def _environment(self) -> dict[str, str]:
        return {
            **self.docker.environment,
            "DIGITALOCEAN_TOKEN": token(self.instance),
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",  # a crash inside a wheel's own code says where it was
            "PYTHONPATH": str(self.stack.checkout),
        }

    def _live(self, name: str, facts: dict[str, Any]) -> Live:
        ports = self.stack.node_ports()
        if name not in ports:
            return Live(name, facts["tag"], None)
        url = f"http://127.0.0.1:{self.instance.service_port(ports[name])}"
        services = self.stack.configuration()[f"{PROJECT}:services"]
        path = next(service["health"]["readiness"] for service in services if service["name"] == name)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not _is_ready(url + path):
            if self.commands.cancelled.is_set():
                raise Cancelled
            if time.monotonic() > deadline:
                raise DeploymentError(f"{name} is rolled out, and {url}{path} does not answer 200")
            time.sleep(0.1)
        return Live(name, facts["tag"], url)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
