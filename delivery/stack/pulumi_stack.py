"""A stack through the Pulumi CLI: what it runs and ran, its updates, its locks and its tags."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from pydantic import TypeAdapter

from delivery.outcome import MissingError
from delivery.stack.checkout import check_out
from delivery.stack.configuration import parse_configuration
from delivery.stack.history import Update
from delivery.stack.history_query import read_history
from delivery.stack.lock import Lock
from delivery.stack.lock_query import read_locks
from delivery.stack.outputs import Outputs
from delivery.stack.pending import PendingOperation, list_operations
from delivery.stack.preview_query import read_preview
from delivery.stack.pulumi_cli import NoStackError, PulumiCli, parse_answer
from delivery.stack.state import State
from delivery.stack.update_file import UpdateSettings, write_update_file
from infra.source.release import read_from_release

TEXT_MAPPING = TypeAdapter(dict[str, str])
STATE = TypeAdapter(State)
OBJECT = TypeAdapter(dict[str, Any])
OUTPUTS = TypeAdapter(Outputs)
CHANGING = ("--yes", "--skip-preview", "--non-interactive", "--suppress-outputs")


@dataclass(frozen=True)
class PulumiStack:
    """One stack of the project in `checkout`.

    Attributes:
        config_file: instead of the committed Pulumi.<name>.yaml.
        cluster_minor: of Kubernetes, for releases whose stack file has a lower one; see `keep_cluster_minor`.
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

    @cached_property
    def cli(self) -> PulumiCli:
        return PulumiCli(self.name, self.checkout, self.log)

    def history(self) -> Iterator[Update]:
        """Every update, newest first, read page by page; none for a stack that was never created.

        Raises:
            MissingError: no Pulumi CLI.
            PulumiError: the backend does not answer, or answers something else.
        """
        return read_history(self.cli)

    def outputs(self) -> Outputs | None:
        """What the last update that succeeded left running; None before the first.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        try:
            text = self.cli.read("stack", "output", "--json")
        except NoStackError:
            return None
        subject = f"the outputs of {self.name} are"
        return parse_answer(text, OUTPUTS, subject) if "release" in parse_answer(text, OBJECT, subject) else None

    def preview(
        self, release: str | None = None, *, images: str | None = None, refresh: bool = False
    ) -> dict[str, Any]:
        """The plan of `pulumi preview --json`, failed ones too: their `diagnostics` say why.

        Raises:
            MissingError: no Pulumi CLI.
            PulumiError: there is no plan at all.
        """
        with self._write_settings(release, images) as file:
            return read_preview(self.cli, file, refresh=refresh)

    def up(
        self,
        release: str,
        message: str,
        *,
        images: str | None = None,
        records: Mapping[str, Any] | None = None,
        canary: Mapping[str, int] | None = None,
        targets: Sequence[str] = (),
    ) -> None:
        """Have the stack run a release.

        Args:
            release: its commit.
            message: what `pulumi stack history` will say of it.
            images: `registry` when nothing is to be built; as the stack file says when not given.
            records: what the history will say besides; see `delivery.stack.history`.
            canary: the services that get one, with their percentages.
            targets: patterns of URNs, where it is to touch nothing else.

        Raises:
            LockedError: someone else works on the stack.
            PulumiError: it failed.
            MissingError: no Pulumi CLI.
        """
        settings = UpdateSettings(release=release, images=images, records=records or {}, canary=canary or {})
        flags = [word for target in targets for word in ("--target", target)]
        with self._write(settings) as file:
            self.cli.run("up", *CHANGING, "--message", message, *flags, "--config-file", str(file))

    def refresh(self, *, clear_creates: bool = False) -> None:
        """Read every resource from the cloud into the state, which clears pending updates and deletions.

        Args:
            clear_creates: also drop pending creations from the state; see `delivery.stack.settle`.

        Raises:
            LockedError, PulumiError, MissingError: as for `up`.
        """
        with self._write_settings(None, None) as file:
            words = ["--message", "settle pending operations", "--config-file", str(file)]
            self.cli.run("refresh", *CHANGING, *words, *(["--clear-pending-creates"] if clear_creates else []))

    def pending(self) -> list[PendingOperation]:
        """The operations that a killed update left in the state; none for a stack that was never created.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        try:
            return list_operations(self._read_state().operations)
        except NoStackError:
            return []

    def locks(self) -> list[Lock]:
        """Who holds the stack.

        Raises:
            LockedError: an update is in progress in Pulumi Cloud, which does not say whose.
            MissingError: no Pulumi CLI.
            PulumiError: it says something else.
        """
        return read_locks(self.cli)

    def cancel(self) -> None:
        """Remove every lock of the stack, whoever holds it: ask `locks` first.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        self.cli.read("cancel", "--yes", self.name, name_stack=False)

    def tags(self) -> dict[str, str]:
        """The stack's tags; none for a stack that was never created.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        try:
            text = self.cli.read("stack", "tag", "ls", "--json")
        except NoStackError:
            return {}
        return parse_answer(text, TEXT_MAPPING, f"the tags of {self.name} are")

    def set_tag(self, name: str, value: str) -> None:
        """Set a tag of the stack. Pulumi Cloud takes 40 characters of a name, and 256 of a value.

        Raises:
            NoStackError: the stack was never created.
            MissingError, PulumiError: as for `history`.
        """
        self.cli.read("stack", "tag", "set", "--stack", self.name, "--", name, value, name_stack=False)

    def remove_tag(self, name: str) -> None:
        """Remove a tag of the stack, if it has it.

        Raises:
            MissingError, PulumiError: as for `set_tag`.
        """
        self.cli.read("stack", "tag", "rm", "--stack", self.name, "--", name, name_stack=False)

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
    def check_out(self, release: str) -> Iterator[PulumiStack]:
        """The stack with the program, the charts and the stack file of a release.

        They are in a checkout of their own, unless the release is what is checked out here.

        Raises:
            GitError: this clone does not have the release.
        """
        with check_out(self.checkout, release) as folder:
            yield self if folder == self.checkout else replace(self, checkout=folder)

    def keep_cluster_minor(self) -> PulumiStack:
        """For a release from before an upgrade of the cluster, which cannot go back: it runs on the cluster as it is.

        Raises:
            MissingError, PulumiError: as for `history`.
        """
        return replace(self, cluster_minor=self._read_state().cluster_minor)

    def _read_state(self) -> State:
        return parse_answer(self.cli.read("stack", "export"), STATE, f"the state of {self.name} is")

    def _write_settings(self, release: str | None, images: str | None) -> AbstractContextManager[Path]:
        return self._write(UpdateSettings(release=release, images=images))

    def _write(self, settings: UpdateSettings) -> AbstractContextManager[Path]:
        return write_update_file(self.settings_file, self.name, replace(settings, cluster_minor=self.cluster_minor))
