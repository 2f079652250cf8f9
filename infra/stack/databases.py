"""The databases that services use."""

from __future__ import annotations

import pulumi

from infra.components.database import Database, DatabaseArgs
from infra.placement import find_placement
from infra.stack.platform import Platform
from infra.stack.stack import Stack


def declare_databases(stack: Stack, platform: Platform) -> dict[str, Database]:
    """Declare each database that a service uses, by its engine."""
    settings, naming = stack.settings, stack.naming
    return {
        wanted.engine: Database(
            wanted.engine,
            DatabaseArgs(
                naming=naming,
                settings=wanted,
                clients=settings.clients(wanted),
                region=settings.region,
                vpc_id=platform.vpc_id,
                cluster_id=platform.cluster_id,
                cluster_subnet=settings.cluster.cluster_subnet,
                namespace=platform.namespace.namespace,
                placement=find_placement(wanted.in_cluster.pool if wanted.in_cluster else None, settings, naming),
                kubeconfig=platform.cluster.kubeconfig,
            ),
            platform.inside,
        )
        for wanted in settings.databases
        if settings.clients(wanted)
    }


def managed_ids(databases: dict[str, Database]) -> dict[str, pulumi.Output[str]]:
    """DigitalOcean's id of each managed database, by its engine."""
    return {name: each.managed_id for name, each in databases.items() if each.managed_id is not None}
