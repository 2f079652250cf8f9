"""kubectl, for what is a stream: logs, commands with a terminal, ports. It speaks every protocol of every server.

Looked at instead: lightkube has no streams of commands; the official Python client takes a second to import and
leaves terminals, sizes and exit statuses to its caller.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from delivery.cluster import StackCluster
from delivery.outcome import MissingError

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
def configure_kubectl(cluster: StackCluster, program: str) -> Iterator[Kubectl]:
    """Yield kubectl with the cluster's credential, in a file that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        file = Path(folder) / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(cluster.kubeconfig, encoding="utf-8")
        yield Kubectl(program, file, cluster.namespace)


def require_kubectl() -> str:
    """The path of kubectl.

    Raises:
        MissingError: there is none on PATH.
    """
    if found := shutil.which("kubectl"):
        return found
    raise MissingError(f"kubectl is not on PATH: {INSTALL}")
