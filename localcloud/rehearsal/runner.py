"""What every list of rehearsed steps shares: running and timing them, waiting, expectations and a stack's outputs."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from rich.console import Console

from localcloud.machine.command import CommandError
from localcloud.rehearsal.account import Account
from localcloud.rehearsal.client import ApiClient
from localcloud.rehearsal.load import Load
from localcloud.rehearsal.team import create_team, remove_clone
from localcloud.screen import duration

STAGING, PROD = "staging", "prod"
WAIT_SECONDS = 300.0


class RehearsalError(RuntimeError):
    """A step did not end as it must; the text says what was seen."""


@dataclass
class Runner(ABC):
    """Runs a list of steps in an account, as its team."""

    account: Account
    console: Console

    @abstractmethod
    def steps(self) -> list[Callable[[], str | None]]:
        """The steps, each a method whose first line of documentation is printed; it may return a detail."""

    def run(self, first: str | None, last: str | None) -> None:
        """Run the steps from `first` to `last`, by name, and print each one's time.

        Raises:
            RehearsalError, CommandError, LoadError: a step failed; the account is left as it is.
        """
        steps = self.steps()
        names = [step.__name__ for step in steps]
        begin = names.index(first) if first else 0
        end = names.index(last) + 1 if last else len(steps)
        self.api = ApiClient(self.account.instance)
        folder = self.account.instance.home / "rehearsal/checkout"
        if first is None:
            remove_clone(folder)
        with self.account.workspace.session() as session:
            self.team = create_team(self.account, folder, session)
            if self.api.entries("registries"):
                self.team = self.team.log_in_to_registry(self.api.registry_credentials())
            started = time.monotonic()
            for step in steps[begin:end]:
                self._time(step)
            self.console.print(f"rehearsed {end - begin} steps in {duration(time.monotonic() - started)}")

    def _time(self, step: Callable[[], str | None]) -> None:
        title = (step.__doc__ or "").splitlines()[0].rstrip(".")
        started = time.monotonic()
        try:
            detail = step()
        except Exception:
            self.console.print(f"✗ {title}: failed after {duration(time.monotonic() - started)} ({step.__name__})")
            raise
        self.console.print(f"✓ {title}: {duration(time.monotonic() - started)}" + (f"; {detail}" if detail else ""))

    def _outputs(self, stack: str) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self.team.pulumi("stack", "output", "--json", stack=stack))
        return outputs

    def _release(self, stack: str) -> str:
        return str(self._outputs(stack)["release"])

    def _urls(self, stack: str) -> dict[str, str]:
        services = self._outputs(stack)["services"]
        return {name: str(facts["url"]) for name, facts in services.items() if facts["url"]}

    def _count(self, stack: str) -> str:
        resources = json.loads(self.team.pulumi("stack", "export", stack=stack))["deployment"]
        return f"{len(resources['resources'])} resources"

    def _load(self) -> Load:
        urls = self._urls(STAGING)
        return Load([f"{urls['backend']}/version", f"{urls['chatbot-frontend']}/"])

    def _cluster(self, stack: str) -> dict[str, Any]:
        identity = self._outputs(stack)["cluster"]["id"]
        cluster: dict[str, Any] = self.api.get(f"/v2/kubernetes/clusters/{identity}")["kubernetes_cluster"]
        return cluster

    def _expect_empty(self) -> None:
        left = self.api.left()
        self._expect(not left, f"in the account are {left}")

    def _expect(self, condition: bool, message: str) -> None:
        if not condition:
            raise RehearsalError(message)

    def _expect_failure(self, act: Callable[[], object], text: str = "") -> None:
        try:
            act()
        except CommandError as error:
            self._expect(text in str(error), f"it failed without saying {text!r}: {error}")
            return
        raise RehearsalError("it succeeded, and must fail")

    def _destroy(self, *stacks: str) -> None:
        for stack in stacks:
            self.team.pulumi("state", "unprotect", "--all", "--yes", stack=stack)
            self.team.pulumi("destroy", "--yes", "--skip-preview", stack=stack)
        self._wait(lambda: not self.api.left(), f"left in the account: {self.api.left()}")

    def _wait(self, done: Callable[[], bool], message: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            try:
                if done():
                    return
            except (httpx.HTTPError, OSError):
                pass
            time.sleep(1)
        raise RehearsalError(message)
