"""A stack through the Pulumi CLI.

Not Pulumi's Automation API: its history shows secrets by default, its preview gives no plan as JSON, and its
configuration is written to the committed stack file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, TextIO

from pydantic import BaseModel, TypeAdapter, ValidationError

from delivery.outcome import DeliveryError, MissingError, RefusedError
from delivery.redaction import redacted
from delivery.stack.configuration import parse_configuration, read_from_release
from delivery.stack.history import IMAGES_KEY, RELEASE_KEY, Update
from delivery.stack.lock import Lock, locks_in
from delivery.stack.pending import PendingOperation, operations_in
from infra.config.stack_file import StackFileError, load_stack_file, write_stack_file
from infra.runbook import describe_entry, find_entry
from infra.source.git import git

CLUSTER_KEY = "slipway:cluster"
CLUSTER = "digitalocean:index/kubernetesCluster:KubernetesCluster"
LAST_LINES = 60
PAGE = 50  # updates of a history that are read at once; the CLI shows the newest 10 unless asked
NO_STACK = "no stack named"


class PulumiError(DeliveryError):
    """Pulumi ended with an error; the text is the end of its own, without secrets."""


class LockedError(RefusedError):
    """The stack is held; `locks` says by whom."""

    def __init__(self, stack: str, locks: list[Lock]) -> None:
        self.locks = locks
        holders = "; ".join(map(str, locks)) or "someone"
        super().__init__(f"{stack} is locked by {holders}; see `slipway stack unstick --stack {stack}`")


class ServiceFacts(BaseModel):
    """A service as the stack's outputs have it."""

    sha: str
    tag: str
    digest: str
    image: str
    url: str | None = None


class Outputs(BaseModel):
    """What runs, by the stack's outputs; nothing secret."""

    release: str
    namespace: str = ""
    registry: str = ""
    services: dict[str, ServiceFacts]


@dataclass(frozen=True)
class PulumiStack:
    """One stack of the project in `checkout`.

    Attributes:
        config_file: instead of the committed Pulumi.<name>.yaml.
        cluster_minor: of Kubernetes, for releases whose stack file has a lower one; see `with_live_minor`.
        log: where Pulumi's own words go while it works, without secrets.
    """

    name: str
    checkout: Path = Path()
    config_file: Path | None = None
    cluster_minor: str | None = None
    log: TextIO = field(default_factory=lambda: sys.stderr)

    @property
    def settings_file(self) -> Path:
        return self.config_file or self.checkout / f"Pulumi.{self.name}.yaml"

    def history(self) -> Iterator[Update]:
        """Every update, newest first, read page by page; none for a stack that was never created.

        Raises:
            MissingError: no Pulumi CLI.
            PulumiError: the backend does not answer, or answers something else.
        """
        for page in count(1):
            updates = self._history_page(page)
            yield from updates
            if len(updates) < PAGE:
                return

    def _history_page(self, page: int) -> list[Update]:
        words = ["--json", "--full-dates", "--page-size", str(PAGE), "--page", str(page)]
        try:
            text = self._quiet("stack", "history", *words)
        except PulumiError as error:
            if NO_STACK in str(error):
                return []
            raise
        try:
            return TypeAdapter(list[Update]).validate_json(text or "[]")
        except ValidationError as error:
            raise PulumiError(f"`pulumi stack history` of {self.name} is not as expected: {error}") from error

    def outputs(self) -> Outputs | None:
        """What the last update that succeeded left running; None before the first.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        try:
            facts = json.loads(self._quiet("stack", "output", "--json") or "{}")
        except PulumiError as error:
            if NO_STACK in str(error):
                return None
            raise
        if "release" not in facts:
            return None
        try:
            return Outputs.model_validate(facts)
        except ValidationError as error:
            raise PulumiError(f"the outputs of {self.name} are not as expected: {error}") from error

    def preview(
        self, release: str | None = None, *, images: str | None = None, refresh: bool = False
    ) -> dict[str, Any]:
        """The plan of `pulumi preview --json`, failed ones too: their `diagnostics` say why.

        Raises:
            MissingError: no Pulumi CLI.
            PulumiError: there is no plan at all.
        """
        with self._settings(release, images) as file:
            words = ["preview", "--json", "--config-file", str(file), *(["--refresh"] if refresh else [])]
            done = subprocess.run(
                self._command(words), env=_environment(), capture_output=True, text=True, check=False
            )
        try:
            plan: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise PulumiError(redacted(f"pulumi preview of {self.name}: {done.stderr or done.stdout}")) from None
        plan["failed"] = done.returncode != 0
        return plan

    def up(self, release: str, message: str, *, images: str | None = None) -> None:
        """Have the stack run a release.

        Args:
            release: its commit.
            message: what `pulumi stack history` will say of it.
            images: `registry` when nothing is to be built; as the stack file says when not given.

        Raises:
            LockedError: someone else works on the stack.
            PulumiError: it failed.
            MissingError: no Pulumi CLI.
        """
        with self._settings(release, images) as file:
            words = ["up", "--yes", "--skip-preview", "--non-interactive", "--suppress-outputs"]
            self._watched(*words, "--message", message, "--config-file", str(file))

    def refresh(self, *, clear_creates: bool = False) -> None:
        """Read every resource from the cloud into the state, which clears pending updates and deletions.

        Args:
            clear_creates: also drop pending creations from the state; see `delivery.stack.settle`.

        Raises:
            LockedError, PulumiError, MissingError: as for `up`.
        """
        with self._settings(None, None) as file:
            words = ["refresh", "--yes", "--skip-preview", "--non-interactive", "--suppress-outputs"]
            words += ["--message", "settle pending operations"]
            words += ["--clear-pending-creates"] if clear_creates else []
            self._watched(*words, "--config-file", str(file))

    def pending(self) -> list[PendingOperation]:
        """The operations that a killed update left in the state; none for a stack that was never created.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        try:
            return operations_in(json.loads(self._quiet("stack", "export")))
        except PulumiError as error:
            if NO_STACK in str(error):
                return []
            raise

    def locks(self) -> list[Lock]:
        """Who holds the stack. Asked by a command that takes the lock, and then will not give the stack its own name.

        Raises:
            MissingError: no Pulumi CLI.
            PulumiError: it says something else.
        """
        done = subprocess.run(
            self._command(["stack", "rename", self.name]),
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        if "already exists" in said or NO_STACK in said:
            return []
        if locks := locks_in(said):
            return locks
        raise PulumiError(redacted(f"cannot determine whether {self.name} is locked: {said.strip()}"))

    def cancel(self) -> None:
        """Remove every lock of the stack, whoever holds it: ask `locks` first.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        self._quiet("cancel", "--yes", self.name, stack=False)

    def configuration(self, release: str) -> dict[str, Any]:
        """What the release's own stack file and services say; see `delivery.stack.configuration.parse_configuration`.

        The stack file is `config_file` where one is given.

        Raises:
            MissingError: there is none, or it is something else.
        """
        read, name = read_from_release(self.checkout, release), self.settings_file.name
        try:
            text = self.config_file.read_text() if self.config_file else read(name)
        except (OSError, UnicodeDecodeError) as error:
            raise MissingError(f"cannot read {self.config_file}: {error}") from error
        if text is None:
            raise MissingError(f"cannot read {self.settings_file}: {release} has no such file")
        return parse_configuration(text, name, read)

    @contextmanager
    def at(self, release: str) -> Iterator[PulumiStack]:
        """The stack with the program, the charts and the stack file of a release.

        They are in a checkout of their own, unless the release is what is checked out here.

        Raises:
            GitError: this clone does not have the release.
        """
        clean = not git(self.checkout, "status", "--porcelain", "--untracked-files=no")
        if clean and git(self.checkout, "rev-parse", "HEAD") == release:
            yield self
            return
        with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
            there = Path(folder) / "checkout"
            git(self.checkout, "worktree", "add", "--detach", "--quiet", str(there), release)
            try:
                yield replace(self, checkout=there)
            finally:
                git(self.checkout, "worktree", "remove", "--force", str(there))

    def with_live_minor(self) -> PulumiStack:
        """For a release from before an upgrade of the cluster, which cannot go back: it runs on what there is.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        resources = json.loads(self._quiet("stack", "export"))["deployment"].get("resources") or []
        versions = [
            str(each["outputs"]["version"])
            for each in resources
            if each["type"] == CLUSTER and "version" in each.get("outputs", {})
        ]
        minors = [".".join(version.split(".")[:2]) for version in versions]
        return replace(self, cluster_minor=minors[0] if minors else None)

    @contextmanager
    def _settings(self, release: str | None, images: str | None) -> Iterator[Path]:
        """The stack file with another release in it. A copy: the committed one is nobody's to change here."""
        try:
            content = load_stack_file(self.settings_file)
        except StackFileError as error:
            raise MissingError(str(error)) from error
        if release is not None:
            content["config"][RELEASE_KEY] = release
        if images is not None:
            content["config"][IMAGES_KEY] = images
        cluster = content["config"].get(CLUSTER_KEY) or {}
        if self.cluster_minor is not None and _minor(cluster.get("version")) < _minor(self.cluster_minor):
            cluster["version"] = self.cluster_minor
        with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
            file = Path(folder) / f"Pulumi.{self.name}.yaml"
            file.write_text(write_stack_file(content), encoding="utf-8")
            yield file

    def _command(self, words: list[str], *, stack: bool = True) -> list[str]:
        if shutil.which("pulumi") is None:
            raise MissingError("the Pulumi CLI is not on PATH: https://www.pulumi.com/docs/install/")
        return ["pulumi", "--cwd", str(self.checkout), *words, *(["--stack", self.name] if stack else [])]

    def _quiet(self, *words: str, stack: bool = True) -> str:
        command = self._command(list(words), stack=stack)
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PulumiError(redacted(f"pulumi {' '.join(words[:2])} of {self.name}: {done.stderr.strip()}"))
        return done.stdout

    def _watched(self, *words: str) -> None:
        """Run a command and pass on what it says as it says it."""
        last: deque[str] = deque(maxlen=LAST_LINES)
        with subprocess.Popen(
            self._command(list(words)),
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as run:
            for raw in run.stdout or ():
                line = redacted(raw.rstrip("\n"))
                last.append(line)
                print(line, file=self.log, flush=True)
        said = "\n".join(last)
        if run.returncode != 0:
            if locks := locks_in(said):
                raise LockedError(self.name, locks)
            raise PulumiError(f"pulumi {words[0]} of {self.name} failed:\n{said}{_name_entry(said)}")


def _name_entry(said: str) -> str:
    """The runbook's entry for what Pulumi said, where the program has named none: it hears of resources only."""
    entry = find_entry(said)
    return f"\n{describe_entry(entry)}" if entry and "docs/runbook.md" not in said else ""


def _minor(version: str | None) -> tuple[int, ...]:
    """What minors are ordered by; one that is none is the highest, so that it is left to the program to refuse."""
    try:
        return tuple(int(part) for part in str(version).split("."))
    except ValueError:
        return (sys.maxsize,)


def _environment() -> dict[str, str]:
    return {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "NO_COLOR": "1", "PULUMI_NON_INTERACTIVE": "true"}
