"""One cluster of the account as it runs on this machine: every program of it, and the order in which they come up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from localcloud.api.cluster_backend import ClusterSpec
from localcloud.backends.cluster_nodes import ClusterNodes, kubelet_labels, provider_id
from localcloud.backends.cluster_records import ClusterRecord, ClusterRecords
from localcloud.machine import (
    cgroups,
    cluster_network,
    cluster_removal,
    forward,
    mounts,
    network,
    registry,
    sysctls,
)
from localcloud.machine.cluster_place import ClusterPlace, NodePlace
from localcloud.machine.command import Commands
from localcloud.machine.control_plane import ControlPlane
from localcloud.machine.daemons import Daemon, listens
from localcloud.machine.node import Node
from localcloud.machine.node_files import PAUSE_IMAGE, NodeFiles
from localcloud.machine.objects import SystemObjects
from localcloud.machine.place import APISERVER_PORT, Ranges
from localcloud.machine.registry import ImageSource
from localcloud.machine.supervisor import Supervisor
from localcloud.machine.toolbox import Toolbox

FORWARD_SECONDS = 30.0
KUBELET_PORT = 10250
KUBELET_SECONDS = 120.0
NAME_SERVER_PORT = 53
NAME_SERVER_SECONDS = 5.0  # it may come up with the cluster's own programs
VERSION_SUFFIX = "-do.0"  # of DigitalOcean's slugs
INOTIFY_INSTANCES = 1024  # a kubelet, containerd and kube-proxy take a dozen; Linux' default is 128 for one user

# Of every node alike: with their place in the list, nodes would start anew when one before them goes.
NODE_PRIORITY = 100
ExtraDaemons = Callable[[ClusterPlace, ClusterSpec], Sequence[Daemon]]


def kubernetes_version(slug: str) -> str:
    """The version of Kubernetes in a slug: `1.34.4` of `1.34.4-do.0`."""
    return slug.partition("-")[0]


@dataclass(frozen=True, kw_only=True)
class KubernetesCluster:
    """One cluster.

    Attributes:
        place: where it runs.
        registry: the host of the account's registry, for which pods need a login of their own.
        name_server: whether the account has one, on the cluster's host address.
    """

    place: ClusterPlace
    toolbox: Toolbox
    commands: Commands
    records: ClusterRecords
    extra_daemons: ExtraDaemons
    registry: str
    name_server: bool

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.place, self.commands.cancelled)

    @property
    def nodes(self) -> ClusterNodes:
        return ClusterNodes(self.place, self.toolbox, self.commands)

    def apply(self, record: ClusterRecord) -> None:
        """Have it run as its record says; nodes that are leaving are drained and removed."""
        extra = self.extra_daemons(self.place, record.spec)
        self._write_files(record)
        self._create_namespaces(record)
        self._start_control_plane(record, extra)
        self._start_nodes(record)
        self._apply_objects(record)
        for name in record.leaving:
            record = self._remove_node(record, name, extra)

    def control_plane(self, record: ClusterRecord) -> ControlPlane:
        version = kubernetes_version(record.spec.version)
        return ControlPlane(self.place, self.toolbox, _ranges(record), version, managed=True)

    def node(self, record: ClusterRecord, name: str) -> Node:
        """The programs of a node."""
        spec = record.nodes[name].spec
        labels = ",".join(f"{key}={value}" for key, value in kubelet_labels(spec, record.spec.region).items())
        files = NodeFiles(
            place=self._node_place(record, name),
            node=name,
            authority=self.control_plane(record).files.authority,
            server=self.place.inner_server,
            ranges=_ranges(record),
            pods=record.pods(name),
            alone=False,
            sources=self._image_sources(),
            pause_image=f"{self.place.account.registry}/{PAUSE_IMAGE}",
            cni_plugins=self.toolbox.debian("containernetworking-plugins").parent,
        )
        flags = (f"--provider-id={provider_id(spec)}", f"--node-labels={labels}")
        return Node(files, self.toolbox, kubernetes_version(spec.version), f"-{name}", flags)

    def daemons(self, record: ClusterRecord, extra: Sequence[Daemon]) -> list[Daemon]:
        """Every program, in the order in which they start."""
        return [
            forward.daemon(self.place, "apiserver", self.place.apiserver_port, APISERVER_PORT),
            *self.control_plane(record).daemons(),
            *(
                replace(daemon, priority=NODE_PRIORITY + order)
                for name in record.nodes
                for order, daemon in enumerate(self.node(record, name).daemons())
            ),
            *extra,
        ]

    def _write_files(self, record: ClusterRecord) -> None:
        self.place.create_folders()
        control_plane = self.control_plane(record)
        control_plane.write_files()
        control_plane.files.write_administrator(self.place.inner_kubeconfig, self.place.inner_server)
        for name in record.nodes:
            self._node_place(record, name).create_folders()
            self.node(record, name).files.write()

    def _create_namespaces(self, record: ClusterRecord) -> None:
        sysctls.raise_to("fs/inotify/max_user_instances", INOTIFY_INSTANCES)
        cluster_network.create(self.place, self.commands)
        for name in record.nodes:
            place = self._node_place(record, name)
            cgroups.create(place.name)
            cluster_network.join(place, self.commands)
            mounts.create(place, self.commands)
        self._route(record)

    def _start_control_plane(self, record: ClusterRecord, extra: Sequence[Daemon]) -> None:
        supervisor, port = self.supervisor, self.place.apiserver_port
        supervisor.start(self.daemons(record, extra))
        supervisor.ensure("forward-apiserver", lambda: listens("127.0.0.1", port), FORWARD_SECONDS)
        self.control_plane(record).start(supervisor, self.commands, lambda **_: None)
        for daemon in extra:
            supervisor.ensure(daemon.name, lambda: True, FORWARD_SECONDS)

    def _start_nodes(self, record: ClusterRecord) -> None:
        staying = [node.name for node in record.spec.nodes]
        # A node that is leaving and has no Node any more was drained already.
        started = [*staying, *(name for name in record.leaving if self.nodes.exists(name))]
        for name in started:
            if name in staying:
                self.nodes.apply(record.nodes[name].spec, record.pods(name), record.spec.region)
            self.node(record, name).start(self.supervisor)
        for name in started:  # what the API server knows of a node that was down may be from before
            self._wait_for_kubelet(record, name)
        self.nodes.wait_until_ready(staying)

    def _wait_for_kubelet(self, record: ClusterRecord, name: str) -> None:
        address = self._node_place(record, name).node_address
        self.supervisor.ensure(f"kubelet-{name}", lambda: listens(address, KUBELET_PORT), KUBELET_SECONDS)

    def _apply_objects(self, record: ClusterRecord) -> None:
        self.toolbox.fetch_gateway_api(lambda **_: None)
        objects = SystemObjects(
            place=self.place,
            toolbox=self.toolbox,
            commands=self.commands,
            registry=self.place.account.registry,
            ranges=_ranges(record),
            name_servers=[self.place.host_address] if self._name_server_answers() else network.nameservers(),
            managed=True,
        )
        objects.apply()

    def _remove_node(self, record: ClusterRecord, name: str, extra: Sequence[Daemon]) -> ClusterRecord:
        """Drain a node, stop its programs, remove all of it; returns the record without it."""
        place = self._node_place(record, name)
        if self.nodes.exists(name):
            self.nodes.drain(name)
        left = record.without(name)
        self.supervisor.start(self.daemons(left, extra))  # which stops what is no longer among them
        self.nodes.delete(name)
        cluster_removal.remove_node(place, self.commands)
        self._route(left)
        return self.records.forget_node(record.spec.id, name)

    def _route(self, record: ClusterRecord) -> None:
        pods = {self._node_place(record, name): record.pods(name) for name in record.nodes}
        cluster_network.route(self.place, pods, _ranges(record), self.commands)

    def _name_server_answers(self) -> bool:
        deadline = time.monotonic() + (NAME_SERVER_SECONDS if self.name_server else 0)
        while time.monotonic() < deadline:
            if listens(self.place.host_address, NAME_SERVER_PORT):
                return True
            self.commands.cancelled.wait(0.2)
        return False

    def _node_place(self, record: ClusterRecord, name: str) -> NodePlace:
        return self.place.node(record.nodes[name].slot)

    def _image_sources(self) -> list[ImageSource]:
        """The mirror's login is the node's; the account's registry asks each pod for one."""
        account = self.place.account
        endpoint = f"http://{account.node_address}:{self.registry.rpartition(':')[2]}"
        return [
            *registry.image_sources(account, account.node_address),
            ImageSource(host=self.registry, server=endpoint, endpoint=endpoint, login=None),
        ]


def _ranges(record: ClusterRecord) -> Ranges:
    return Ranges(pods=record.spec.cluster_subnet, services=record.spec.service_subnet)
