"""DigitalOcean's published prices: the one place that has them, with their date and their page.

The API lists the prices of node sizes (`/v2/sizes`) and of nothing else that a stack has. Where a token may ask, its
answer takes the place of `NODES`; everything else is from here, so that a price is known without an account, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

DATE = "2026-11-25"
PAGE = "https://www.digitalocean.com/pricing"

# US dollars a month.
NODES = {
    "s-1vcpu-2gb": 12.0, "s-2vcpu-2gb": 18.0, "s-2vcpu-4gb": 24.0, "s-4vcpu-8gb": 48.0, "s-8vcpu-16gb": 96.0,
    "s-1vcpu-2gb-amd": 14.0, "s-1vcpu-2gb-intel": 14.0, "s-2vcpu-2gb-amd": 21.0, "s-2vcpu-2gb-intel": 21.0,
    "s-2vcpu-4gb-amd": 28.0, "s-2vcpu-4gb-intel": 28.0, "s-4vcpu-8gb-amd": 56.0, "s-4vcpu-8gb-intel": 56.0,
    "s-8vcpu-16gb-amd": 112.0, "s-8vcpu-16gb-intel": 112.0,
    "c-2": 42.0, "c-4": 84.0, "c-8": 168.0, "c-16": 336.0,
    "g-2vcpu-8gb": 63.0, "g-4vcpu-16gb": 126.0, "g-8vcpu-32gb": 252.0,
    "gd-2vcpu-8gb": 68.0, "gd-4vcpu-16gb": 136.0, "m-2vcpu-16gb": 84.0, "m-4vcpu-32gb": 168.0, "m-8vcpu-64gb": 336.0,
}  # fmt: skip
# A node of PostgreSQL or Valkey with the storage that belongs to its size; each standby is one more.
DATABASE_NODES = {
    "db-s-1vcpu-1gb": 15.15, "db-s-1vcpu-2gb": 30.45, "db-s-2vcpu-4gb": 60.90, "db-s-4vcpu-8gb": 122.10,
    "db-s-6vcpu-16gb": 244.20, "db-s-8vcpu-32gb": 488.40,
}  # fmt: skip
HIGH_AVAILABILITY = 40.0
REGISTRY_TIERS = {"starter": 0.0, "basic": 5.0, "professional": 20.0}
LOAD_BALANCER_NODE = 12.0  # of a regional one; it was 10 before
VOLUME_GIB = 0.10
UPTIME_CHECK = 1.0
FREE_UPTIME_CHECKS = 1  # of an account

# What a bill has beside what a stack declares; nobody knows it before the month is over.
BY_USE = (
    "traffic above what nodes and load balancers include",
    "registry storage above the tier's",
    "snapshots and copies that were made by hand",
    "the bucket of Pulumi's state (5.00 for a team)",
    "taxes",
)
UNITS = {"Mi": 1 / 1024, "Gi": 1.0, "Ti": 1024.0}  # GiB


@dataclass(frozen=True)
class PriceList:
    """What things cost, in US dollars a month.

    Attributes:
        nodes: of a node by its size.
        source: where the prices of nodes are from, in words.
    """

    nodes: Mapping[str, float] = field(default_factory=lambda: NODES)
    source: str = f"DigitalOcean's price list of {DATE}"

    def with_nodes(self, nodes: Mapping[str, float]) -> PriceList:
        """The list with the node prices that the API has now; sizes that it does not offer stay."""
        source = f"DigitalOcean's API for nodes, and {self.source} for the rest"
        return replace(self, nodes={**self.nodes, **nodes}, source=source)

    def find_node(self, size: str) -> float | None:
        """The price of a node of the cluster; None where the list has no such size."""
        return self.nodes.get(size)

    def find_database_node(self, size: str) -> float | None:
        """The price of a node of a managed database; None where the list has no such size."""
        return DATABASE_NODES.get(size)

    def find_registry(self, tier: str) -> float | None:
        """The price of a registry's tier; None where the list has no such tier."""
        return REGISTRY_TIERS.get(tier)

    def find_volume(self, size: str) -> float | None:
        """The price of a volume by its size in Kubernetes' words such as 5Gi; None where that is none."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(Mi|Gi|Ti)", size)
        return float(match[1]) * UNITS[match[2]] * VOLUME_GIB if match else None
