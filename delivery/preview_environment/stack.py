"""The Pulumi stack of a preview environment: `pr-<number>`, whose stack file is made anew for each update."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, TypeAdapter

from delivery.github import workflow_run
from delivery.preview_environment.runs import list_working_runs
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_cli import NoStackError, PulumiCli, parse_answer
from delivery.stack.pulumi_stack import CHANGING, PulumiStack
from delivery.stack.unstick import run_unlocked, unstick
from infra.config.preview_environment import STACK_PREFIX, parse_number
from infra.config.settings import PROJECT
from infra.config.stack_file import write_stack_file

KUBECONFIGS = Path(".slipway")  # which git ignores
PROJECT_FILE = f"name: {PROJECT}\nruntime: python\n"


class _Listed(BaseModel):
    name: str
    lastUpdate: AwareDatetime | None = None  # noqa: N815 - as Pulumi prints it


LISTED = TypeAdapter(list[_Listed])


@dataclass(frozen=True)
class EnvironmentStack:
    """The stack of a pull request's environment.

    Attributes:
        kubeconfig: the text of one for the cluster that it is in.
        repository: `owner/name`, whose runs may hold its lock; None: that of the workflow's run.
    """

    number: int
    kubeconfig: str
    checkout: Path = Path()
    repository: str | None = None

    @property
    def name(self) -> str:
        return f"{STACK_PREFIX}{self.number}"

    def update(self, config: Mapping[str, Any], message: str) -> None:
        """Have the environment as configured; it is created if it does not exist.

        What a killed run left, a lock and pending operations, is cleared: everything of an environment is in its
        namespace, so that nothing can be lost.

        Raises:
            RefusedError: someone else works on it.
            PulumiError: it failed; what was there before continues where it can.
            MissingError: no Pulumi CLI.
        """
        with self._open(config) as (cli, file):
            _create_stack(self.name)
            self._run(cli, "up", "--message", message, "--config-file", str(file))

    def destroy(self) -> None:
        """Delete everything in the environment, and its stack; nothing where there is none.

        Raises:
            RefusedError, PulumiError, MissingError: as for `update`.
        """
        with self._open({}) as (cli, file):
            try:
                cli.read("stack", "--show-name")
            except NoStackError:
                return
            self._run(cli, "destroy", "--message", "remove", "--config-file", str(file))
            cli.read("stack", "rm", "--yes", "--preserve-config")

    def forget(self) -> None:
        """Remove a stack that cannot be destroyed, whose namespace is gone, with all that it says there is.

        Raises:
            PulumiError, MissingError: as for `update`.
        """
        with suppress(NoStackError):
            PulumiCli(self.name, self.checkout).read("stack", "rm", "--yes", "--force", "--preserve-config")

    def outputs(self) -> Outputs | None:
        """What runs; None before the first update that succeeded."""
        return PulumiStack(self.name, self.checkout).outputs()

    def _run(self, cli: PulumiCli, command: str, *options: str) -> None:
        """Run a command that changes the stack, when what a killed run left is cleared."""
        stack = PulumiStack(self.name, self.checkout)

        def unlock() -> bool:
            working = list_working_runs(self.number, self.repository)
            return unstick(stack, working, workflow_run.run_id(), apply=True, say=print)

        if operations := stack.pending():
            print(f"{self.name}: clearing {len(operations)} pending operations of an update that was killed")
            settle = ("--clear-pending-creates", "--message", "settle pending operations", *options[-2:])
            run_unlocked(lambda: cli.run("refresh", *CHANGING, *settle), unlock)
        run_unlocked(lambda: cli.run(command, *CHANGING, *options), unlock)

    @contextmanager
    def _open(self, config: Mapping[str, Any]) -> Iterator[tuple[PulumiCli, Path]]:
        """Yield the CLI, and the stack file for it. That file and the kubeconfig go afterwards.

        The state has the kubeconfig's path. So it is the same each time, and relative to the checkout, which is where
        Pulumi and its providers work: whoever destroys the stack later does it with a credential of their own.
        """
        kubeconfig = KUBECONFIGS / f"{self.name}.kubeconfig"
        with (
            tempfile.TemporaryDirectory(prefix="slipway-") as folder,
            _write(self.checkout / kubeconfig, self.kubeconfig),
        ):
            file = Path(folder) / f"Pulumi.{self.name}.yaml"
            file.write_text(write_stack_file({"config": dict(config)}), encoding="utf-8")
            yield PulumiCli(self.name, self.checkout, environment={"KUBECONFIG": f"./{kubeconfig}"}), file


def list_stacks(checkout: Path = Path()) -> dict[int, datetime | None]:
    """When each environment was last updated, by its pull request; None: never.

    Raises:
        MissingError, PulumiError: as for `PulumiStack.history`.
    """
    text = PulumiCli("", checkout).read("stack", "ls", "--json", name_stack=False)
    listed = parse_answer(text, LISTED, "the list of stacks is")
    # Pulumi Cloud and the newer file backends put the organization and the project before the name.
    numbers = {parse_number(each.name.rpartition("/")[2]): each.lastUpdate for each in listed}
    return {number: updated for number, updated in numbers.items() if number is not None}


@contextmanager
def _write(file: Path, text: str) -> Iterator[None]:
    """A file with a credential, which only we can read, for as long as it is needed."""
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)  # of a command that was killed
    file.touch(mode=0o600, exist_ok=False)
    try:
        file.write_text(text, encoding="utf-8")
        yield
    finally:
        file.unlink(missing_ok=True)


def _create_stack(name: str) -> None:
    """Create a stack unless it is there; from a project of its own, as Pulumi writes a stack file for it."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        (Path(folder) / "Pulumi.yaml").write_text(PROJECT_FILE)
        PulumiCli(name, Path(folder)).read("stack", "select", "--create", name, name_stack=False)
