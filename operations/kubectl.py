"""kubectl as daily commands use it: on a machine that has none, the one that `slipway local tools` made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from delivery.cluster import StackCluster
from delivery.kubectl import Kubectl, configure_kubectl, require_kubectl
from delivery.outcome import MissingError
from localcloud.instance import Instance, InstanceError
from localcloud.machine.command import Commands
from localcloud.machine.toolbox import Toolbox


@contextmanager
def open_kubectl(cluster: StackCluster) -> Iterator[Kubectl]:
    """Yield kubectl with the cluster's credential, in a file that goes afterwards.

    Raises:
        MissingError: no kubectl on PATH, and none that `slipway local tools` made.
    """
    with configure_kubectl(cluster, _find_program()) as kubectl:
        yield kubectl


def execute(kubectl: Kubectl, pod: str, container: str, words: Sequence[str]) -> int:
    """Run a command in a container with this process's input, output and terminal; returns its exit status."""
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    command = kubectl.command("exec", pod, "--stdin", *terminal, "--container", container, "--", *words)
    return subprocess.run(command, check=False).returncode


def _find_program() -> str:
    try:
        return require_kubectl()
    except MissingError as error:
        try:
            instance = Instance.from_environment()
        except InstanceError:
            raise error from None
        built = Toolbox(instance.tools, instance.logs, Commands()).kubectl
        if not os.access(built, os.X_OK):
            raise MissingError(f"{error}, or compile it with `slipway local tools`") from error
        return str(built)
