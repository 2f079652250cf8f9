"""Kubernetes clusters behind the API: what each is asked for, and what it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, kw_only=True)
class Taint:
    key: str
    value: str
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """One node of a pool.

    Attributes:
        name: the Kubernetes Node's name, unique in the account.
        droplet_id: becomes the Node's providerID, `digitalocean://<droplet_id>`.
        version: of its kubelet, a DOKS slug such as `1.34.4-do.0`.
        labels: beside DOKS' own, which the backend adds (`doks.digitalocean.com/node-pool` and so on).
    """

    name: str
    droplet_id: int
    pool: str
    pool_id: str
    size: str
    version: str
    labels: Mapping[str, str]
    taints: Sequence[Taint]


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """One Kubernetes cluster; a node that `nodes` no longer has is drained and removed."""

    id: str
    name: str
    region: str
    version: str
    cluster_subnet: str
    service_subnet: str
    nodes: Sequence[NodeSpec]


@dataclass(frozen=True, kw_only=True)
class ClusterAccess:
    """How to reach a cluster's API server: its URL, and PEM texts."""

    server: str
    certificate_authority: str
    client_certificate: str
    client_key: str


class Clusters(Protocol):
    """Kubernetes clusters. Methods block until they are done and raise BackendError."""

    def versions(self) -> Sequence[str]:
        """DOKS slugs of the versions that can run here, newest first."""

    def apply(self, spec: ClusterSpec) -> None: ...

    def delete(self, cluster_id: str) -> None: ...

    def access(self, cluster_id: str, lifetime: dt.timedelta | None = None) -> ClusterAccess:
        """How to reach a cluster for some time; None: for as long as it is there."""

    def node_addresses(self, cluster_id: str) -> Mapping[int, str]:
        """The address of each node by its droplet's id, reachable from this machine."""
