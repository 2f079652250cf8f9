"""Releases that are judged by their requests, under load: at once for all users, and as canaries."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lightkube.resources.apps_v1 import Deployment

from localcloud.rehearsal.journey import begin_session
from localcloud.rehearsal.load import Load
from localcloud.rehearsal.preview_access import connect
from localcloud.rehearsal.runner import STAGING, Runner

# A release that is ready, and passes its smoke tests and its journey, which read no list, or one entry of it.
FAILING = """

def _fail(listing: Listing, conditions=Listing.conditions) -> list[ColumnElement[bool]]:
    if listing.limit > 1:
        raise RuntimeError("a release that cannot read")
    return conditions(listing)


Listing.conditions = _fail
"""
TODOS = "backend/app/routes/todos.py"
LONGEST_SECONDS = 180.0  # from the first failed request until the last one
CANARY = {"steps": [10, 50], "seconds": 30}
TENTH = 0.10
NEAR = 1.2  # of a share: routes split by chance or in turn, and requests are few


@dataclass
class BehaviourRehearsal(Runner):
    """The same failing release with and without a canary, on staging, from an empty account to an empty account."""

    def steps(self) -> list[Callable[[], str | None]]:
        """The steps, each with the counts of its load."""
        return [
            self.start_empty,
            self.bring_up_staging,
            self.undo_a_release_that_fails,
            self.undo_a_canary_that_fails,
            self.promote_a_canary,
            self.interrupt_a_canary,
            self.destroy_everything,
        ]

    def start_empty(self) -> str | None:
        """Start with an empty account."""
        self._expect_empty()
        return None

    def bring_up_staging(self) -> str | None:
        """Bring staging up from nothing, by the commands of docs/production.md."""
        self.team.configure(STAGING)
        host = f"api.{self.team.read(STAGING)['slipway:ingress']['zone']}"  # a canary's route is of a host
        self.team.edit(STAGING, {"slipway:services": {"backend": {"host": host}}}, "Give the backend a host")
        self.team.follow("docs/production.md", "2. Staging")
        return self._count(STAGING)

    def undo_a_release_that_fails(self) -> str | None:
        """Release what is ready and answers 500 on reads, to all users: it is rolled back within 3 minutes."""
        self._verify({"behaviour": {"seconds": 60}})
        load = self._release_what_fails("requests failed")
        self._expect(bool(load.failures), "no request failed")
        return str(load)

    def undo_a_canary_that_fails(self) -> str | None:
        """Release the same as a canary of 10 %: at most a tenth of the requests fail."""
        self._verify({"canary": CANARY})
        load = self._release_what_fails("canary of backend")
        self._expect(0 < load.failed_share <= TENTH * NEAR, f"{load.failed_share:.1%} failed")
        self._expect_no_canary()
        return str(load)

    def promote_a_canary(self) -> str | None:
        """Release a good change as a canary, step by step to all users: no request fails."""
        self.team.commit("backend/app/__init__.py", "\n# a release of the rehearsal\n", "change the backend")
        with self._reads() as load:
            said = self._deploy()
        for percent in CANARY["steps"]:  # type: ignore[attr-defined]
            self._expect(f"canary: backend {percent} %" in said, f"no step of {percent} %: {said}")
        self._expect(self._release(STAGING) == self.team.git("rev-parse", "HEAD"), "another release runs")
        self._expect_no_canary()
        return str(load)

    def interrupt_a_canary(self) -> str | None:
        """Kill a deploy while its canary is out: the next `pulumi up` has the last word, and no request fails."""
        good = self._release(STAGING)
        self.team.commit("backend/app/__init__.py", "\n# another release\n", "change the backend again")
        with self._reads() as load:
            with self._begin_deploy() as deploy:
                self._wait(lambda: "canary" in self._outputs(STAGING), "there is no canary")
                deploy.kill()
            self._expect(self._release(STAGING) == good, "the canary's release is said to run")
            self.team.pulumi("up", "--yes", "--skip-preview", stack=STAGING)
        self._expect_no_canary()
        return str(load)

    def destroy_everything(self) -> str | None:
        """Destroy staging: nothing is left in the account."""
        self._destroy(STAGING)
        return None

    def _verify(self, verify: Mapping[str, Any]) -> None:
        self.team.edit(STAGING, {"slipway:services": {"backend": {"verify": dict(verify)}}}, "Judge releases")

    def _release_what_fails(self, said: str) -> Load:
        """Deploy a release that fails under load; the release before must run again, and soon."""
        good = self._release(STAGING)
        self.team.commit(TODOS, FAILING, "break the backend's lists")
        started = time.monotonic()
        try:
            with self._reads(lenient=True) as load:
                self._expect_failure(self._deploy, "ended with status 6", said)
                before = len(load.failures)
                time.sleep(5)
                self._expect(len(load.failures) == before, "requests fail after the rollback")
        finally:
            self.team.git("revert", "--no-edit", "HEAD")
        self.console.print(f"  deploy and rollback: {time.monotonic() - started:.0f} s; {dict(load.answers)}")
        self._expect(load.failing_seconds < LONGEST_SECONDS, f"it failed for {load.failing_seconds:.0f} s")
        self._expect(self._release(STAGING) == good, f"staging runs {self._release(STAGING)}, not {good}")
        return load

    def _reads(self, *, lenient: bool = False) -> Load:
        url = self._urls(STAGING)["backend"]
        return Load([f"{url}/todos"], begin_session(url, "/users"), lenient=lenient)

    def _deploy(self) -> str:
        return self.team.slipway("stack", "deploy", stack=STAGING)

    @contextmanager
    def _begin_deploy(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "slipway", "stack", "deploy", "--stack", STAGING]
        environment = {**os.environ, **self.team.environment, "PULUMI_STACK": STAGING}
        log = self.account.instance.logs / "rehearsal.log"
        with (
            log.open("ab") as output,
            subprocess.Popen(
                command, cwd=self.team.folder, env=environment, stdout=output, stderr=output, start_new_session=True
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def _expect_no_canary(self) -> None:
        """Neither the stack nor the cluster has one."""
        state = self.team.pulumi("stack", "export", stack=STAGING)
        self._expect("backend-canary" not in state, "a canary is in the state")
        self._expect("canary" not in self._outputs(STAGING), "a canary is in the outputs")
        cluster = connect(self.api.kubeconfig(self._cluster(STAGING)["id"]))
        found = cluster.list(Deployment, namespace=self._outputs(STAGING)["namespace"])
        names = {str(each.metadata.name) for each in found if each.metadata}
        self._expect("backend-canary" not in names, f"the cluster has {names}")
