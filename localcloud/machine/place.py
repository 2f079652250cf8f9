"""What the programs of a cluster need to know of where they run: folders, a network namespace, addresses."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from localcloud.machine import daemons

APISERVER_PORT = 6443
DNS_NUMBER = 10  # of the service range: by custom the tenth address


class Place(daemons.Place, Protocol):
    """A network namespace that is called `name`, with an address in it, and the folders of what runs there."""

    @property
    def name(self) -> str: ...

    @property
    def node_address(self) -> str: ...

    @property
    def mount_points(self) -> Path:
        """A file that lists folders made on the machine only to be mounted over."""

    def log(self, name: str) -> Path: ...


class ControlPlanePlace(Place, Protocol):
    """A place with an API server, which the machine reaches on a loopback port of its own."""

    @property
    def apiserver_port(self) -> int: ...

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, for programs on this machine."""


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """The addresses of a cluster's pods and Services, as CIDR ranges."""

    pods: str
    services: str

    @property
    def kubernetes_service(self) -> str:
        """The first address of the Services, which Kubernetes takes for itself."""
        return str(ipaddress.ip_network(self.services)[1])

    @property
    def dns_service(self) -> str:
        return str(ipaddress.ip_network(self.services)[DNS_NUMBER])


LOCAL_RANGES = Ranges(pods="10.244.0.0/16", services="10.96.0.0/16")
