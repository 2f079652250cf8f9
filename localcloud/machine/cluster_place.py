"""Where the clusters of an account live: each has a number, and folders, addresses and ports follow from it.

The control plane and every node have a network namespace of their own; a bridge on the host joins them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from localcloud.instance import Instance
from localcloud.machine.place import APISERVER_PORT

CLUSTERS = 5  # of one account: the networks of the next instance begin after ten
NODES = 250  # of one cluster: the bridge's network has 254 addresses
FIRST_NODE = 3  # after the host and the control plane
CLUSTER_NETWORKS = "10.253.0.0/16"  # of all accounts


@dataclass(frozen=True, kw_only=True)
class ClusterPlace:
    """The control plane of one cluster of the account `account`; `number` is 0 to 4."""

    account: Instance
    number: int

    @property
    def name(self) -> str:
        """Also that of its network namespace, and the beginning of its nodes'."""
        return f"{self.account.name}-{self.number}"

    @property
    def home(self) -> Path:
        return self.account.home / "clusters" / str(self.number)

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        return self.account.run.with_name(f"{self.account.number}-{self.number}")

    @property
    def lock(self) -> Path:
        """Held by whoever changes the cluster."""
        return self.run.with_name(f"{self.run.name}.lock")

    @property
    def volumes(self) -> Path:
        """The folders of its persistent volumes, which every node reaches."""
        return self.home / "volumes"

    @property
    def mount_points(self) -> Path:
        return self.account.mount_points

    @property
    def kubeconfig(self) -> Path:
        return self.home / "kubeconfig.yaml"

    @property
    def inner_kubeconfig(self) -> Path:
        """The administrator's, for programs in the network namespaces of the cluster: they reach no loopback port."""
        return self.home / "configuration/administrator.kubeconfig"

    @property
    def apiserver_port(self) -> int:
        return self.account.apiserver_port + 1 + self.number

    @property
    def inner_server(self) -> str:
        """The API server's URL in the cluster's network, and on the host."""
        return f"https://{self.node_address}:{APISERVER_PORT}"

    @property
    def bridge(self) -> str:
        """The interface of the host that joins the namespaces."""
        return f"slipway{self.account.number}-{self.number}"

    @property
    def network(self) -> str:
        return f"{self._prefix}.0/24"

    @property
    def host_address(self) -> str:
        return f"{self._prefix}.1"

    @property
    def node_address(self) -> str:
        """The control plane's, which is no node: the name is that of every place."""
        return f"{self._prefix}.2"

    @property
    def _prefix(self) -> str:
        return f"10.253.{self.account.number * 10 + self.number}"

    def node(self, slot: int) -> NodePlace:
        """The place of a node by its slot, which is 0 to 249."""
        return NodePlace(cluster=self, slot=slot)

    def create_folders(self) -> None:
        self.account.create_folders()
        for folder in (self.home.parent, self.home, self.logs, self.volumes):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def log(self, name: str) -> Path:
        """A log by name; /dev/null where the cluster has no files, as its removal is to make none."""
        return self.logs / f"{name}.log" if self.home.exists() else Path(os.devnull)


@dataclass(frozen=True, kw_only=True)
class NodePlace:
    """A node of a cluster: its namespaces, its control group, its folders."""

    cluster: ClusterPlace
    slot: int

    @property
    def name(self) -> str:
        return f"{self.cluster.name}-{FIRST_NODE + self.slot}"

    @property
    def interface(self) -> str:
        """Of the host; the kernel takes 15 letters."""
        return f"{self.cluster.bridge}-{FIRST_NODE + self.slot}"

    @property
    def home(self) -> Path:
        return self.cluster.home / "nodes" / str(FIRST_NODE + self.slot)

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        return self.cluster.run / str(FIRST_NODE + self.slot)

    @property
    def mount_points(self) -> Path:
        return self.cluster.mount_points

    @property
    def node_address(self) -> str:
        return self.cluster.host_address.rpartition(".")[0] + f".{FIRST_NODE + self.slot}"

    def create_folders(self) -> None:
        for folder in (self.home.parent, self.home, self.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.run.mkdir(parents=True, exist_ok=True, mode=0o700)

    def log(self, name: str) -> Path:
        return self.cluster.log(name)


def cluster_places(account: Instance) -> list[ClusterPlace]:
    """Every place that a cluster of the account can have."""
    return [ClusterPlace(account=account, number=number) for number in range(CLUSTERS)]
