"""The local stack's Kubernetes: a control plane and its one node, side by side in the instance's namespaces."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.instance import Instance
from localcloud.machine import registry
from localcloud.machine.command import Commands
from localcloud.machine.control_plane import ControlPlane
from localcloud.machine.control_plane_files import INSIDE, ControlPlaneFiles
from localcloud.machine.daemons import Daemon
from localcloud.machine.etcd import Etcd
from localcloud.machine.node import Node
from localcloud.machine.node_files import PAUSE_IMAGE, NodeFiles
from localcloud.machine.place import LOCAL_RANGES
from localcloud.machine.supervisor import Supervisor
from localcloud.machine.toolbox import Toolbox
from localcloud.steps import Report

NODE_PODS = "10.244.0.0/24"  # the first of LOCAL_RANGES, which the controllers give to the one node


@dataclass(frozen=True)
class SingleNode:
    """The cluster of one instance."""

    instance: Instance
    toolbox: Toolbox

    @property
    def control_plane(self) -> ControlPlane:
        return ControlPlane(self.instance, self.toolbox)

    @property
    def files(self) -> ControlPlaneFiles:
        return self.control_plane.files

    @property
    def etcd(self) -> Etcd:
        return self.control_plane.etcd

    @property
    def node(self) -> Node:
        instance = self.instance
        files = NodeFiles(
            place=instance,
            node=instance.name,
            authority=self.files.authority,
            server=INSIDE,
            ranges=LOCAL_RANGES,
            pods=NODE_PODS,
            alone=True,
            sources=registry.image_sources(instance),
            pause_image=f"{instance.registry}/{PAUSE_IMAGE}",
            cni_plugins=self.toolbox.debian("containernetworking-plugins").parent,
        )
        return Node(files, self.toolbox)

    def write_files(self) -> None:
        """Everything that the programs read; the same bytes every time."""
        self.control_plane.write_files()
        self.node.files.write()

    def daemons(self) -> list[Daemon]:
        """Every program, in the order in which they start."""
        return [*self.control_plane.daemons(), *self.node.daemons()]

    def start_control_plane(self, supervisor: Supervisor, commands: Commands, report: Report) -> None:
        """Start etcd, the API server, the controllers and the scheduler.

        Raises:
            DaemonError: one did not come up.
        """
        self.control_plane.start(supervisor, commands, report)

    def start_kubelet(self, supervisor: Supervisor) -> None:
        """Start containerd, the kubelet and kube-proxy.

        Raises:
            DaemonError: one did not come up.
        """
        self.node.start(supervisor)
