"""What DigitalOcean offers of managed databases: engines with their versions, and sizes.

docs.digitalocean.com/products/databases/<engine>/details/limits: PostgreSQL takes 25 connections for each GiB of
memory and 1000 at the most, three of which it keeps for itself.
"""

from __future__ import annotations

from typing import Any

from localcloud.api.catalogue import REGIONS

ENGINES = {
    "pg": ("18", "17", "16", "15", "14"),
    "mysql": ("8",),
    "valkey": ("8",),
    "redis": ("8", "7"),  # made anew as Valkey since 2025; the provider still names it
    "mongodb": ("8.0", "7.0"),
    "kafka": ("4.1", "3.9"),
    "opensearch": ("3", "2"),
}
# slug: GiB of memory, GiB of storage
SIZES = {
    "db-s-1vcpu-1gb": (1, 10),
    "db-s-1vcpu-2gb": (2, 30),
    "db-s-2vcpu-4gb": (4, 60),
    "db-s-4vcpu-8gb": (8, 140),
    "db-s-6vcpu-16gb": (16, 290),
    "db-s-8vcpu-32gb": (32, 585),
    "db-s-16vcpu-64gb": (64, 1170),
    "db-amd-1vcpu-1gb": (1, 10),
    "db-amd-1vcpu-2gb": (2, 30),
    "db-amd-2vcpu-4gb": (4, 60),
    "db-amd-4vcpu-8gb": (8, 140),
    "db-intel-1vcpu-1gb": (1, 10),
    "db-intel-1vcpu-2gb": (2, 30),
    "db-intel-2vcpu-4gb": (4, 60),
    "db-intel-4vcpu-8gb": (8, 140),
    "gd-2vcpu-8gb": (8, 25),
    "gd-4vcpu-16gb": (16, 60),
    "so1_5-2vcpu-16gb": (16, 400),
}
LARGEST_LAYOUT = 3  # a primary and two standbys
CONNECTIONS_PER_GIB, LARGEST_CONNECTIONS, RESERVED_CONNECTIONS = 25, 1000, 3
MIB = 1024


def max_connections(size: str) -> int:
    """Connections that a server of that size takes."""
    memory, _ = SIZES[size]
    return min(memory * CONNECTIONS_PER_GIB, LARGEST_CONNECTIONS)


def pool_connections(size: str) -> int:
    """Connections that the pools of a server may have together."""
    return max_connections(size) - RESERVED_CONNECTIONS


def storage(size: str) -> int:
    """MiB of storage that come with a size."""
    return SIZES[size][1] * MIB


def options() -> dict[str, Any]:
    """The answer of GET /v2/databases/options."""
    layouts = [{"num_nodes": count, "sizes": list(SIZES)} for count in range(1, LARGEST_LAYOUT + 1)]
    return {
        "options": {
            engine: {
                "regions": list(REGIONS),
                "versions": list(versions),
                "layouts": layouts,
                "default_version": versions[0],
            }
            for engine, versions in ENGINES.items()
        },
        "version_availability": {
            engine: [{"version": version, "end_of_life": None, "end_of_availability": None} for version in versions]
            for engine, versions in ENGINES.items()
        },
    }
