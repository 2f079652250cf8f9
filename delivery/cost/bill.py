"""What a stack file's resources cost a month, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from delivery.cost.price_list import (
    FREE_UPTIME_CHECKS,
    HIGH_AVAILABILITY,
    LOAD_BALANCER_NODE,
    UPTIME_CHECK,
    PriceList,
)
from delivery.cost.span import NOTHING, Span
from infra.config.cluster import Pool
from infra.config.schema import StackSettings


@dataclass(frozen=True)
class Part:
    """One line of the bill.

    Attributes:
        name: what it is, such as `pool apps`.
        detail: how much of it, such as `3 to 10 nodes of s-4vcpu-8gb`.
        price: None: the price list does not have it.
    """

    name: str
    detail: str
    price: Span | None

    def describe(self) -> dict[str, Any]:
        """The same for programs."""
        return {"name": self.name, "detail": self.detail, "price": self.price and self.price.describe()}


def list_parts(settings: StackSettings, prices: PriceList) -> list[Part]:
    """List what a stack pays for."""
    return [
        *_nodes(settings, prices),
        *_plane(settings),
        *_registry(settings, prices),
        *_load_balancer(settings),
        *_databases(settings, prices),
        *_volumes(settings, prices),
        *_environment_volumes(settings, prices),
        *_uptime_checks(settings),
    ]


def add_parts(parts: list[Part]) -> Span:
    """Return the sum of the parts that have a price."""
    return sum((part.price for part in parts if part.price is not None), NOTHING)


def _nodes(settings: StackSettings, prices: PriceList) -> Iterator[Part]:
    cluster = settings.cluster
    pools: dict[str, Pool] = {"default pool": cluster.default_pool}
    pools |= {f"pool {pool.name}": pool for pool in cluster.workload_pools}
    for name, pool in pools.items():
        node = prices.find_node(pool.size)
        price = None if node is None else Span(pool.min_nodes * node, pool.max_nodes * node)
        yield Part(name, f"{_count(pool.min_nodes, pool.max_nodes)} of {pool.size}", price)


def _count(low: int, high: int) -> str:
    """A number of nodes, or the least and the most."""
    numbers = str(low) if low == high else f"{low} to {high}"
    return f"{numbers} node{'' if high == 1 else 's'}"


def _plane(settings: StackSettings) -> Iterator[Part]:
    if settings.cluster.ha:
        yield Part("control plane", "highly available", Span.fixed(HIGH_AVAILABILITY))


def _registry(settings: StackSettings, prices: PriceList) -> Iterator[Part]:
    if settings.registry.owned:
        price = prices.find_registry(settings.registry.tier)
        yield Part("registry", settings.registry.tier, None if price is None else Span.fixed(price))


def _load_balancer(settings: StackSettings) -> Iterator[Part]:
    if settings.ingress.zone is not None:
        nodes = settings.ingress.load_balancer_nodes
        yield Part("load balancer", _count(nodes, nodes), Span.fixed(LOAD_BALANCER_NODE * nodes))


def _databases(settings: StackSettings, prices: PriceList) -> Iterator[Part]:
    for database in settings.databases:
        managed = database.managed
        if managed is not None and settings.clients(database):
            node = prices.find_database_node(managed.size)
            price = None if node is None else Span.fixed(node * managed.nodes)
            detail = f"{_count(managed.nodes, managed.nodes)} of {managed.size}, with daily backups"
            yield Part(f"managed {database.engine}", detail, price)


def _volumes(settings: StackSettings, prices: PriceList) -> Iterator[Part]:
    """The volumes of databases in the cluster, and those of services."""
    sizes: dict[str, str] = {
        database.engine: database.in_cluster.storage
        for database in settings.databases
        if database.in_cluster is not None and settings.clients(database)
    }
    sizes |= {name: service.storage.size for name, service in settings.services.items() if service.storage}
    for name, size in sizes.items():
        price = prices.find_volume(size)
        yield Part(f"volume of {name}", size, None if price is None else Span.fixed(price))


def _environment_volumes(settings: StackSettings, prices: PriceList) -> Iterator[Part]:
    """What pull requests add, without a price: nobody knows how many are open. Their pods run on the pools' nodes."""
    if settings.preview_environments is not None:
        size = settings.preview_environments.quota.storage
        price = prices.find_volume(size)
        detail = f"up to {size} for each open pull request" + (f", {Span.fixed(price)}" if price is not None else "")
        yield Part("volumes of preview environments", detail, None)


def _uptime_checks(settings: StackSettings) -> Iterator[Part]:
    checks = len(settings.hosts) if settings.alerts.has_receivers else 0
    if checks:
        paid = max(0, checks - FREE_UPTIME_CHECKS)
        detail = f"{checks}, of which an account has {FREE_UPTIME_CHECKS} free"
        yield Part("uptime checks", detail, Span.fixed(paid * UPTIME_CHECK))
