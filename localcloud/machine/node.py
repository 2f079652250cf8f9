"""The programs of a Kubernetes node: containerd, the kubelet and kube-proxy, in namespaces of the node's own."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud import versions
from localcloud.machine import mounts, network
from localcloud.machine.daemons import Daemon
from localcloud.machine.node_files import NodeFiles
from localcloud.machine.place import Place
from localcloud.machine.supervisor import Supervisor
from localcloud.machine.toolbox import Toolbox

READY_SECONDS = 120.0


@dataclass(frozen=True)
class Node:
    """One node; its files say which.

    Attributes:
        version: of the kubelet and kube-proxy, such as `1.34.4`.
        suffix: of the programs' names, where one supervisor has those of several nodes.
        kubelet_flags: beside those that every kubelet has.
    """

    files: NodeFiles
    toolbox: Toolbox
    version: str = versions.KUBERNETES
    suffix: str = ""
    kubelet_flags: Sequence[str] = ()

    @property
    def place(self) -> Place:
        return self.files.place

    def daemons(self) -> list[Daemon]:
        """Every program, in the order in which they start."""
        return [self._containerd(), self._kubelet(), self._kube_proxy()]

    def start(self, supervisor: Supervisor) -> None:
        """Start every program.

        Raises:
            DaemonError: one did not come up.
        """
        socket = self.place.run / "containerd.sock"
        supervisor.ensure(f"containerd{self.suffix}", socket.exists, READY_SECONDS)
        for name in ("kubelet", "kube-proxy"):
            supervisor.ensure(f"{name}{self.suffix}", lambda: True, READY_SECONDS)

    def _containerd(self) -> Daemon:
        """Beside the kubelet: what one mounts, the other must see."""
        return Daemon(
            name=f"containerd{self.suffix}",
            command=[
                *mounts.enter(self.place),
                shutil.which("containerd") or "/usr/bin/containerd",
                f"--config={self.files.folder / 'containerd.toml'}",
            ],
        )

    def _kubelet(self) -> Daemon:
        return Daemon(
            name=f"kubelet{self.suffix}",
            command=[
                *mounts.enter(self.place),
                self._program,
                "kubelet",
                f"--config={self.files.folder / 'kubelet.yaml'}",
                f"--kubeconfig={self.files.kubeconfig('kubelet')}",
                f"--root-dir={self.place.home / 'kubelet'}",
                f"--hostname-override={self.files.node}",
                f"--node-ip={self.place.node_address}",
                *self.kubelet_flags,
            ],
        )

    def _kube_proxy(self) -> Daemon:
        command: list[str | Path] = [
            *network.enter(self.place),
            self._program,
            "kube-proxy",
            f"--config={self.files.folder / 'kube-proxy.yaml'}",
        ]
        return Daemon(name=f"kube-proxy{self.suffix}", command=command)

    @property
    def _program(self) -> Path:
        return self.toolbox.kubernetes(self.version)
