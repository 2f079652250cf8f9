"""A database of a stack file: managed by DigitalOcean, or in a pod."""

from __future__ import annotations

from pydantic import Field

from infra.config.maintenance import Maintenance
from infra.config.section import Engine, Resources, Section
from infra.config.types import (
    DatabaseNodes,
    DatabaseSize,
    DatabaseVersion,
    Name,
    PoolSize,
    VolumeSize,
)


class ManagedDatabase(Section):
    """A database cluster of DigitalOcean, with its daily backups."""

    version: DatabaseVersion
    """The engine's major version."""
    size: DatabaseSize
    """The size of each node."""
    nodes: DatabaseNodes = 1
    """One primary, and its standbys."""
    pool_size: PoolSize | None = None
    """Server connections of each service's pool, two of them for a migration; PostgreSQL alone needs the number."""
    maintenance: Maintenance = Field(default_factory=lambda: Maintenance.model_validate({"startTime": "04:00"}))
    """When DigitalOcean may upgrade the database."""


class InClusterDatabase(Section):
    """A database in a pod of its own, on a persistent volume."""

    storage: VolumeSize
    """The size of its volume."""
    pool: Name | None = None
    """The workload pool that it runs in; null: the default pool."""
    resources: Resources = Field(default_factory=Resources)
    """What its container asks for and may use."""


class Database(Section):
    """One database of the stack, which services name; it is managed or in the cluster, never both."""

    engine: Engine
    """What it is."""
    managed: ManagedDatabase | None = None
    """Where DigitalOcean runs it."""
    in_cluster: InClusterDatabase | None = None
    """Where it is in a pod."""
