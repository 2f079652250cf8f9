"""The Kubernetes cluster of a stack file: its pools, its window, its firewall."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.config.maintenance import Maintenance
from infra.config.network_types import Addresses, PrivateRange
from infra.config.section import Section
from infra.config.types import (
    MinorVersion,
    Name,
    Nodes,
    NodeSize,
    PoolNodes,
)


class Firewall(Section):
    """Who may reach the cluster's control plane."""

    enabled: bool = False
    """Whether only `allowedAddresses` reach it."""
    allowed_addresses: list[Addresses] = Field(default_factory=list)
    """Addresses and networks from which people and workflows deploy."""


class Pool(Section):
    """Nodes of one size, whose number the cluster's autoscaler chooses."""

    size: NodeSize
    """The size of each node."""
    min_nodes: Nodes = 1
    """The least number of nodes."""
    max_nodes: Nodes = 3
    """The largest number of nodes."""


class Taint(Section):
    """A taint of every node of a pool: only what names the pool runs there."""

    key: str
    """The taint's key."""
    value: str
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """What happens to pods that do not tolerate it."""


class WorkloadPool(Pool):
    """Nodes for the services and databases that name the pool."""

    name: Name
    """What services and databases call the pool."""
    min_nodes: PoolNodes = 1
    """The least number of nodes; 0 where none is needed while nothing runs there."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels of each node."""
    taints: list[Taint] = Field(default_factory=list)
    """Taints of each node."""


class Cluster(Section):
    """A DOKS cluster."""

    version: MinorVersion
    """The minor version of Kubernetes."""
    ha: bool = False
    """Whether the control plane is highly available. DigitalOcean cannot switch it off again."""
    cluster_subnet: PrivateRange
    """The addresses of pods. It cannot be changed later."""
    service_subnet: PrivateRange
    """The addresses of Kubernetes services. It cannot be changed later."""
    auto_upgrade: bool = True
    """Whether DigitalOcean installs patches of Kubernetes in the maintenance window."""
    surge_upgrade: bool = True
    """Whether an upgrade makes new nodes before it drains the old ones."""
    registry_integration: bool = True
    """Whether DigitalOcean keeps a pull secret of the registry in every namespace."""
    destroy_associated_resources: bool = False
    """Whether volumes and load balancers that Kubernetes made go when the cluster is destroyed."""
    kubeconfig: Literal["doctl", "embedded"] = "doctl"
    """How Kubernetes is reached: by the user's own `doctl`, or by a token in the state, for a short time."""
    maintenance: Maintenance = Field(default_factory=Maintenance)
    """When DigitalOcean may upgrade the cluster."""
    firewall: Firewall = Field(default_factory=Firewall)
    """Who may reach the control plane."""
    default_pool: Pool
    """Nodes for DOKS, the add-ons and everything that names no pool. Its `size` cannot be changed later."""
    workload_pools: list[WorkloadPool] = Field(default_factory=list)
    """Pools that services and databases name."""
