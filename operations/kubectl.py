"""kubectl, for what is a stream: logs, commands with a terminal, ports. It speaks every protocol of every server.

Looked at instead: lightkube has no streams of commands; the official Python client takes a second to import and
leaves terminals, sizes and exit statuses to its caller.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from delivery.cluster import StackCluster
from delivery.outcome import MissingError
from localcloud.instance import Instance, InstanceError
from localcloud.machine.command import Commands
from localcloud.machine.toolbox import Toolbox

INSTALL = "https://kubernetes.io/docs/tasks/tools/"


@dataclass(frozen=True)
class Kubectl:
    """A kubectl for one namespace of one cluster.

    Attributes:
        program: its path.
        kubeconfig: a file that only this user can read.
    """

    program: str
    kubeconfig: Path
    namespace: str

    def command(self, *words: str) -> list[str]:
        """The command line; nothing of it is secret."""
        return [self.program, f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}", *words]


@contextmanager
def open_kubectl(cluster: StackCluster) -> Iterator[Kubectl]:
    """Yield kubectl with the cluster's credential, in a file that goes afterwards.

    Raises:
        MissingError: no kubectl on PATH, and none that `slipway local tools` made.
    """
    program = _find_program()
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        file = Path(folder) / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(cluster.kubeconfig, encoding="utf-8")
        yield Kubectl(program, file, cluster.namespace)


def execute(kubectl: Kubectl, pod: str, container: str, words: Sequence[str]) -> int:
    """Run a command in a container with this process's input, output and terminal; returns its exit status."""
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    command = kubectl.command("exec", pod, "--stdin", *terminal, "--container", container, "--", *words)
    return subprocess.run(command, check=False).returncode


def _find_program() -> str:
    if found := shutil.which("kubectl"):
        return found
    try:
        instance = Instance.from_environment()
    except InstanceError as error:
        raise MissingError(f"kubectl is not on PATH: {INSTALL}") from error
    built = Toolbox(instance.tools, instance.logs, Commands()).kubectl
    if not os.access(built, os.X_OK):
        raise MissingError(f"kubectl is not on PATH: {INSTALL}, or compile it with `slipway local tools`")
    return str(built)
