"""What a stack costs a month, from DigitalOcean's published prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from delivery.stack.cost import HIGH_AVAILABILITY, LOAD_BALANCER_NODE, NOTHING, REGISTRY_TIERS, Span
from infra.config.schema import Database, Pool, StackSettings

# US dollars a month, https://www.digitalocean.com/pricing, 2026-11-25.
NODES = {
    "s-1vcpu-2gb": 12.0, "s-2vcpu-2gb": 18.0, "s-2vcpu-4gb": 24.0, "s-4vcpu-8gb": 48.0, "s-8vcpu-16gb": 96.0,
    "c-2": 42.0, "c-4": 84.0, "c-8": 168.0, "g-2vcpu-8gb": 63.0, "g-4vcpu-16gb": 126.0, "g-8vcpu-32gb": 252.0,
}  # fmt: skip
DATABASE_NODES = {
    "db-s-1vcpu-1gb": 15.15, "db-s-1vcpu-2gb": 30.45, "db-s-2vcpu-4gb": 60.90, "db-s-4vcpu-8gb": 122.10,
    "db-s-6vcpu-16gb": 244.20, "db-s-8vcpu-32gb": 488.40,
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One line of the bill; no price: the size is not in the list."""

    title: str
    price: Span | None


def list_prices(settings: StackSettings) -> list[Part]:
    """List what a stack pays for, as few nodes to as many nodes; traffic, volumes and taxes are not in it."""
    return [*_nodes(settings), *_plane(settings), *_registry(settings), *_ingress(settings), *_databases(settings)]


def add_prices(parts: list[Part]) -> Span:
    """Return the sum of the parts that have a price."""
    total = NOTHING
    for part in parts:
        total += part.price or NOTHING
    return total


def _nodes(settings: StackSettings) -> Iterator[Part]:
    cluster = settings.cluster
    pools: dict[str, Pool] = {"default pool": cluster.default_pool}
    pools |= {f"pool {pool.name}": pool for pool in cluster.workload_pools}
    for name, pool in pools.items():
        node = NODES.get(pool.size)
        price = None if node is None else Span(pool.min_nodes * node, pool.max_nodes * node)
        yield Part(f"{name}, {pool.min_nodes} to {pool.max_nodes} of {pool.size}", price)


def _plane(settings: StackSettings) -> Iterator[Part]:
    if settings.cluster.ha:
        yield Part("highly available control plane", Span(HIGH_AVAILABILITY, HIGH_AVAILABILITY))


def _registry(settings: StackSettings) -> Iterator[Part]:
    if settings.registry.owned:
        price = REGISTRY_TIERS[settings.registry.tier]
        yield Part(f"registry, {settings.registry.tier}", Span(price, price))


def _ingress(settings: StackSettings) -> Iterator[Part]:
    if settings.ingress.zone is not None:
        price = LOAD_BALANCER_NODE * settings.ingress.load_balancer_nodes
        yield Part("load balancer", Span(price, price))


def _databases(settings: StackSettings) -> Iterator[Part]:
    for database in settings.databases:
        if database.managed is not None and settings.clients(database):
            yield _database(database)


def _database(database: Database) -> Part:
    managed = database.managed
    assert managed is not None  # noqa: S101 - of the caller
    node = DATABASE_NODES.get(managed.size)
    price = None if node is None else Span(node * managed.nodes, node * managed.nodes)
    return Part(f"{database.engine}, {managed.nodes} of {managed.size}", price)
