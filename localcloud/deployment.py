"""Running the Pulumi program on the local cloud, and what answers where afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx

from localcloud.live_release import SHORT, LiveRelease, LiveService
from localcloud.machine import loopback
from localcloud.machine.command import CancelledError, CommandError
from localcloud.pulumi_engine.recovery import recover
from localcloud.pulumi_engine.workspace import Session, Workspace
from localcloud.stack import PROJECT
from localcloud.steps import Report

if TYPE_CHECKING:
    from delivery.stack.history import DeployedRelease  # it imports Pulumi's SDK, which only some commands need here
    from localcloud.behaviour import LocalJudge

ANSWER_SECONDS = 60.0  # Helm has waited for readiness by then: this is only for the gateway
HISTORY = ("stack", "history", "--json", "--full-dates", "--page-size", "200", "--page", "1")  # without, 10 of them
PAGES = ("/", "/docs")  # a web app's page, FastAPI's description of an API
PREVIOUS = "previous"  # instead of a commit: the release before the one that runs
EARLIER = "engine"  # a file that versions before Pulumi's own engine wrote


class DeploymentError(RuntimeError):
    """The program cannot be run here, or ended well and a service does not answer."""


# What BuildKit says of a public base image that it cannot get.
PUBLIC_REGISTRY = ("registry-1.docker.io", "auth.docker.io")


@dataclass(frozen=True)
class Deployment:
    """The program on one instance."""

    workspace: Workspace

    def up(self, report: Report) -> LiveRelease:
        """Update the stack and wait until every service answers on its loopback URL.

        Raises:
            CommandError: the update failed; the text has what the engine printed.
            DeploymentError: a service does not answer.
            RolledBackError: users were answered badly (`verify.behaviour`), and the release before runs again.
        """
        judge = self._find_judge(report)
        with self._ready_session() as session:
            notes = recover(session)
            report(note="; ".join([*notes, *self.describe()]))
            before = session.outputs() if judge else {}
            if judge:
                judge.record_baseline(before)
            self._update(session)
            outputs = session.outputs()
        live = self._wait(outputs)
        if judge:
            self._judge(judge, before, outputs)
            live = replace(live, figures=tuple(judge.gate.figures))
        return live

    def _find_judge(self, report: Report) -> LocalJudge | None:
        stack = self.workspace.stack
        if not any((each.get("verify") or {}).get("behaviour") for each in stack.services().values()):
            return None
        from localcloud.behaviour import LocalJudge  # which takes a while to load

        return LocalJudge(stack, lambda text: report(note=text))

    def _judge(self, judge: LocalJudge, before: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Watch what was deployed; what ran before runs again if that answers badly.

        Raises:
            RolledBackError: it does.
            DeploymentError: it does, and what ran before cannot run again.
        """
        from delivery.outcome import DeliveryError, RolledBackError

        try:
            judge.judge(outputs)
        except DeliveryError as error:
            release = str(before.get("release", ""))
            tags = [str(facts["tag"]) for facts in (before.get("services") or {}).values()]
            if not release or release == outputs["release"] or any("-dirty-" in tag for tag in tags):
                raise DeploymentError(
                    f"{error}\nwhat ran before was no other commit, and is not rolled back to: `make history` lists "
                    "the releases, and `make rollback TO=…` runs one again"
                ) from error
            self._roll_back(release)
            text = f"{outputs['release'][:SHORT]} failed, and {release[:SHORT]} runs again: {error}"
            raise RolledBackError(text) from error

    def _roll_back(self, release: str) -> None:
        """Run an earlier release again; nothing is built."""
        stack = self.workspace.stack
        earlier = {**stack.overrides, f"{PROJECT}:release": release, f"{PROJECT}:images": "registry"}
        workspace = replace(self.workspace, stack=replace(stack, overrides=earlier))
        with workspace.session() as session:
            message = f"roll back automatically to {release[:SHORT]}"
            session.run_program("up", "--yes", "--skip-preview", "--message", message)
            self._wait(session.outputs())

    def remove(self) -> None:
        """Delete everything of the stack, and its state; nothing where there is none.

        Raises:
            CommandError: Pulumi failed.
        """
        if not self.workspace.checkpoint.exists():
            return
        with self.workspace.session() as session:
            recover(session)
            session.run_program("destroy", "--yes", "--skip-preview", "--message", "remove")
            session.run("stack", "rm", "--yes", "--preserve-config")

    def previous_release(self) -> str:
        """The newest release that ran here and is not the one that runs now, as a whole commit.

        Raises:
            DeploymentError: there is none.
        """
        from delivery.stack.history import find_previous

        with self._ready_session() as session:
            current = session.outputs().get("release", "")
            releases = self._releases(session)
        if (found := find_previous(releases, current)) is None:
            raise DeploymentError("no other release ran here yet: `make history` lists those that did")
        return found.sha

    def _update(self, session: Session) -> None:
        release = str(self.workspace.stack.configuration().get(f"{PROJECT}:release", "HEAD"))
        # A cluster that lost its data continues from a snapshot, and the state may know more: see machine/etcd.py.
        lost = ["--refresh"] if (self.workspace.instance.home / "etcd.damaged").exists() else []
        try:
            session.run_program("up", "--yes", "--skip-preview", "--message", f"deploy {release}", *lost)
        except CommandError as error:
            from infra.source.image_digest import NOT_HELD

            if any(host in str(error) for host in PUBLIC_REGISTRY):
                from localcloud.machine.public_images import describe_base_images

                raise DeploymentError(f"{error}\n{describe_base_images()}") from error
            if NOT_HELD not in str(error):
                raise
            ran = dict.fromkeys(each.sha[:SHORT] for each in self._releases(session) if each.succeeded)
            raise DeploymentError(
                f"{error}\n{release} was never built here. These releases ran here: {', '.join(ran) or 'none'}. "
                f"To build its images from that commit: `make up RELEASE={release} BUILD=1`"
            ) from error

    def _releases(self, session: Session) -> list[DeployedRelease]:
        from pydantic import TypeAdapter

        from delivery.stack.history import Update, list_releases

        updates = TypeAdapter(list[Update]).validate_json(session.run(*HISTORY))
        return list_releases(updates, self.workspace.stack.checkout)

    def preview(self) -> str:
        """What `up` would change, as the engine prints it.

        Raises:
            CommandError: the program failed.
        """
        with self._ready_session() as session:
            return session.run_program("preview", "--diff")

    def describe(self) -> list[str]:
        """The engine and the providers in use, with their versions."""
        return [str(self.workspace.cli), *map(str, self.workspace.plugins.find())]

    @contextmanager
    def _ready_session(self) -> Iterator[Session]:
        if (self.workspace.instance.home / EARLIER).exists():
            raise DeploymentError(
                "this local cloud was made by an earlier version of Slipway, which kept no state: "
                "start over with `make down PURGE=1` and then `make up`"
            )
        with self.workspace.session() as session:
            session.create_stack()
            yield session

    def _wait(self, outputs: dict[str, Any]) -> LiveRelease:
        services = [self._wait_for(name, facts) for name, facts in outputs["services"].items()]
        services.sort(key=lambda live: live.url is None or live.url.endswith("/docs"))  # web apps first
        changed = any("-dirty-" in live.tag for live in services)
        return LiveRelease(str(outputs["release"]), changed, services)

    def _wait_for(self, name: str, facts: dict[str, Any]) -> LiveService:
        if facts["url"] is None:
            return LiveService(name, facts["tag"], None)
        path = self.workspace.stack.service(name).ready_path
        if path is None:  # its probe, which the release waited for, is no HTTP request
            return LiveService(name, facts["tag"], str(facts["url"]))
        url = str(facts["url"]) + path
        deadline = time.monotonic() + ANSWER_SECONDS
        while not _is_ready(url):
            if self.workspace.commands.cancelled.is_set():
                raise CancelledError
            if time.monotonic() > deadline:
                raise DeploymentError(f"{name} is rolled out, and {url} does not answer 200")
            time.sleep(0.1)
        return LiveService(name, facts["tag"], _find_page(str(facts["url"])))


def _find_page(url: str) -> str:
    """What a person can open of a service: its own page, the description of its API, or else its bare URL."""
    return next((url + path for path in PAGES if _is_ready(url + path)), url).removesuffix("/")


def _is_ready(url: str) -> bool:
    try:
        return loopback.get(url, timeout=2.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
