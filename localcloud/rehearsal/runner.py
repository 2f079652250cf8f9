"""What every list of rehearsed steps shares: running and timing them, waiting, expectations and a stack's outputs."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
from rich.console import Console

from localcloud.api.access_token import token
from localcloud.machine.command import CommandError
from localcloud.rehearsal.account import Account
from localcloud.rehearsal.client import ApiClient
from localcloud.rehearsal.journey import WEB, begin_session
from localcloud.rehearsal.load import Load
from localcloud.rehearsal.prod_team import prod_team
from localcloud.rehearsal.team import Team, create_team, remove_clone
from localcloud.screen import duration

STAGING, PROD = "staging", "prod"
WAIT_SECONDS = 300.0
# Where the API lists them: their type in a state. Droplets and volumes are the cluster's.
TYPES = {
    path: f"digitalocean:index/{name[0].lower()}{name[1:]}:{name}"
    for path, name in {
        "kubernetes/clusters": "KubernetesCluster",
        "databases": "DatabaseCluster",
        "load_balancers": "LoadBalancer",
        "certificates": "Certificate",
        "domains": "Domain",
        "registries": "ContainerRegistry",
        "uptime/checks": "UptimeCheck",
        "monitoring/alerts": "MonitorAlert",
        "vpcs": "Vpc",
    }.items()
}


class RehearsalError(RuntimeError):
    """A step did not end as it must; the text says what was seen."""


@dataclass
class Runner(ABC):
    """Runs a list of steps in an account, as its team.

    Attributes:
        account: staging's.
        prod: prod's, where the steps need one.
    """

    account: Account
    console: Console
    prod: Account | None = None

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
        with self.account.workspace.session() as session, ExitStack() as entered:
            self.team = self.prod_team = create_team(self.account, folder, session)
            if self.prod is not None:
                self.prod_api = ApiClient(self.prod.instance)
                self.prod_team = entered.enter_context(prod_team(self.prod, self.api, self.team))
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

    def _team(self, stack: str) -> Team:
        """The team in the stack's environment."""
        return self.prod_team if stack == PROD else self.team

    def _outputs(self, stack: str) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self._team(stack).pulumi("stack", "output", "--json", stack=stack))
        return outputs

    def _release(self, stack: str) -> str:
        return str(self._outputs(stack)["release"])

    def _expect_same_digests(self) -> None:
        """Prod runs the images that staging runs."""
        staged, live = (
            {name: facts["digest"] for name, facts in self._outputs(stack)["services"].items()}
            for stack in (STAGING, PROD)
        )
        self._expect(staged == live, f"staging runs {staged}, prod {live}")

    def _urls(self, stack: str) -> dict[str, str]:
        services = self._outputs(stack)["services"]
        return {name: str(facts["url"]) for name, facts in services.items() if facts["url"]}

    def _count(self, stack: str) -> str:
        resources = json.loads(self._team(stack).pulumi("stack", "export", stack=stack))["deployment"]
        return f"{len(resources['resources'])} resources"

    def _load(self) -> Load:
        """Of a user who reads their todos and opens the page."""
        web = self._urls(STAGING)[WEB]
        return Load([f"{web}/api/todos", f"{web}/"], begin_session(web))

    def _cluster(self, stack: str) -> dict[str, Any]:
        identity = self._outputs(stack)["cluster"]["id"]
        cluster: dict[str, Any] = self.api.get(f"/v2/kubernetes/clusters/{identity}")["kubernetes_cluster"]
        return cluster

    def _expect_empty(self) -> None:
        left = self._left()
        self._expect(not left, f"in the account are {left}: `make down PURGE=1` empties it")

    def _left(self) -> dict[str, int]:
        """How many resources of each kind the accounts have, of those they have any of."""
        others = self.prod_api.left() if self.prod is not None else {}
        return {**self.api.left(), **{f"prod's {kind}": count for kind, count in others.items()}}

    def _expect(self, condition: bool, message: str) -> None:
        if not condition:
            raise RehearsalError(message)

    def _expect_failure(self, act: Callable[[], object], *texts: str) -> str:
        """Do what must fail and say these texts; returns what was said."""
        try:
            act()
        except CommandError as error:
            said = str(error)
            for text in texts:
                self._expect(text in said, f"it failed without saying {text!r}: {said}")
            return said
        raise RehearsalError("it succeeded, and must fail")

    def _expect_whole_state(self, stack: str) -> str:
        """Compare the state with the account: nothing is in one alone, and no operation is pending.

        Only for an account with one stack.
        """
        deployment = json.loads(self.team.pulumi("stack", "export", stack=stack))["deployment"]
        pending = deployment.get("pending_operations")
        self._expect(not pending, f"pending in the state: {pending}")
        held = Counter(str(each["type"]) for each in deployment["resources"] if not each.get("external"))
        recorded = {path: held[type_] for path, type_ in TYPES.items() if held[type_]}
        there = {path: count for path, count in self.api.left().items() if path in TYPES}
        self._expect(recorded == there, f"the state has {recorded}, the account {there}")
        return f"{len(deployment['resources'])} resources, none lost, none twice"

    def _destroy(self, *stacks: str) -> None:
        for stack in stacks:
            self._team(stack).pulumi("state", "unprotect", "--all", "--yes", stack=stack)
            self._team(stack).pulumi("destroy", "--yes", "--skip-preview", stack=stack)
        self._wait(lambda: not self._left(), f"left in the account: {self._left()}")

    def _expect_separate_accounts(self) -> None:
        """Staging's token finds nothing of prod's in its account, and prod's account does not know it."""
        if self.prod is None:
            return
        stranger = ApiClient(self.prod.instance, token(self.account.instance))
        name = self.team.read(PROD)["slipway:registry"]["name"]
        cluster = f"/v2/kubernetes/clusters/{self._outputs(PROD)['cluster']['id']}"
        for path in (cluster, f"/v2/registries/{name}", f"/v2/registries/{name}/docker-credentials"):
            seen = (self.prod_api.status(path), self.api.status(path), stranger.status(path))
            self._expect(seen == (200, 404, 401), f"{path} answers {seen} to prod's and to staging's token")

    def _versions(self, stack: str) -> set[str]:
        """The minor versions of the control plane, as the API has it, and of every kubelet, as Kubernetes has it."""
        cluster = self._cluster(stack)
        if cluster["status"]["state"] != "running":
            return set()
        kubelets = self.api.kubelet_versions(cluster["id"])
        return {_minor_of(version) for version in [cluster["version"], *kubelets]}

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


def _minor_of(version: str) -> str:
    """`1.35` of `v1.35.4` and of `1.35.4-do.0`."""
    return ".".join(version.removeprefix("v").split(".")[:2])
