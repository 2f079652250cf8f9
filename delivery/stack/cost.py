"""What a plan changes in the monthly bill. What has no price is named: it is never taken for free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from delivery.cost.budget import find_excess
from delivery.cost.price_list import (
    BY_USE,
    FREE_UPTIME_CHECKS,
    HIGH_AVAILABILITY,
    LOAD_BALANCER_NODE,
    UPTIME_CHECK,
    VOLUME_GIB,
    PriceList,
)
from delivery.cost.span import NOTHING, Span
from delivery.stack.plan import DELETES, Plan, Step

CLOUD = "digitalocean:"
UPTIME_CHECKS = "digitalocean:index/uptimeCheck:UptimeCheck"
# What DigitalOcean takes no money for, or counts as a part of something else.
FREE = {
    f"digitalocean:index/{name[0].lower()}{name[1:]}:{name}"
    for name in (
        "Certificate", "ContainerRegistryDockerCredentials", "DatabaseConnectionPool", "DatabaseDb",
        "DatabaseFirewall", "DatabaseUser", "DnsRecord", "Domain", "Firewall", "MonitorAlert", "Project", "Tag",
        "UptimeAlert", "Vpc",
    )
}  # fmt: skip
MOST = 100_000  # nodes or GiB, far above any account's limit


@dataclass(frozen=True)
class Price:
    """The price of one resource.

    Attributes:
        missing: what it has that the price list has not, such as a size.
    """

    span: Span = NOTHING
    missing: tuple[str, ...] = ()

    def __add__(self, other: Price) -> Price:
        return Price(self.span + other.span, (*self.missing, *other.missing))


@dataclass(frozen=True)
class Cost:
    """The bill before and after a plan.

    Attributes:
        parts: a line for each resource whose price changes.
        unpriced: each resource that has no price here, in words.
        whole: whether it is the whole stack's, and not only that of the resources that change.
        budget: US dollars a month; None: the stack file has none.
        source: where the prices are from.
    """

    before: Span
    after: Span
    parts: tuple[str, ...]
    unpriced: tuple[str, ...]
    whole: bool
    budget: int | None
    source: str

    @property
    def excess(self) -> str | None:
        """How the budget is exceeded afterwards; None where it is not, or where that is not known."""
        return find_excess(self.budget, self.after) if self.whole else None

    def __str__(self) -> str:
        subject = "a month" if self.whole else "a month, of the resources that change"
        if self.before == self.after:
            return f"{self.after} {subject}; no change"
        return f"{self.before} → {self.after} {subject} ({self.before.describe_change(self.after)})"

    def describe(self) -> dict[str, Any]:
        """The same for programs: amounts in US dollars a month, with as few nodes as may run and with as many."""
        return {
            "before": self.before.describe(),
            "after": self.after.describe(),
            "whole": self.whole,
            "changed": list(self.parts),
            "unpriced": list(self.unpriced),
            "budget": self.budget,
            "excess": self.excess,
            "prices": self.source,
        }

    def list_notes(self) -> list[str]:
        """What a reader has to know beside the sum, as sentences."""
        notes = [f"{self.excess[0].upper()}{self.excess[1:]}."] if self.excess else []
        if self.unpriced:
            notes.append(f"No price is known for {', '.join(self.unpriced)}.")
        return [*notes, f"Not in it, as it is billed by use: {', '.join(BY_USE)}. Prices: {self.source}."]


def cost_of(plan: Plan, prices: PriceList, budget: int | None = None) -> Cost:
    """What a stack costs before and after a plan.

    Args:
        budget: of the stack file, US dollars a month.
    """
    before, after, parts, unpriced = NOTHING, NOTHING, [], set()
    for step in (*plan.unchanged, *plan.steps):
        old = _price(step.type, step.before, prices)
        new = _price(step.type, step.after if step.kind != DELETES else {}, prices)
        unpriced |= {f"{step.title} ({each})" for each in (*old.missing, *new.missing)}
        before, after = before + old.span, after + new.span
        if old.span != new.span:
            parts.append(f"{step.title}: {old.span} → {new.span}")
    checks = _count_checks(plan)
    old_checks, new_checks = (Span.fixed(max(0, count - FREE_UPTIME_CHECKS) * UPTIME_CHECK) for count in checks)
    if old_checks != new_checks:
        parts.append(f"uptime checks, {checks[0]} → {checks[1]}: {old_checks} → {new_checks}")
    return Cost(
        before=before + old_checks,
        after=after + new_checks,
        parts=tuple(parts),
        unpriced=tuple(sorted(unpriced)),
        whole=plan.complete,
        budget=budget,
        source=prices.source,
    )


def _count_checks(plan: Plan) -> tuple[int, int]:
    """The uptime checks before and after: an account has one free, and each further one costs."""
    steps: list[Step] = [each for each in (*plan.unchanged, *plan.steps) if each.type == UPTIME_CHECKS]
    return sum(bool(each.before) for each in steps), sum(each.kind != DELETES for each in steps)


def _price(kind: str, inputs: dict[str, Any], prices: PriceList) -> Price:
    if not inputs or kind in FREE or kind == UPTIME_CHECKS:
        return Price()
    if kind in PRICED:
        return PRICED[kind](inputs, prices)
    return Price(missing=("not in the price list",)) if kind.startswith(CLOUD) else Price()


def _price_cluster(inputs: dict[str, Any], prices: PriceList) -> Price:
    plane = Span.fixed(HIGH_AVAILABILITY) if inputs.get("ha") else NOTHING
    return _price_pool(inputs.get("nodePool"), prices) + Price(plane)


def _price_pool(inputs: Any, prices: PriceList) -> Price:
    if not isinstance(inputs, dict):  # what only the update will know
        return Price(missing=("an unknown size",))
    size = str(inputs.get("size", ""))
    node = prices.find_node(size)
    if node is None:
        return Price(missing=(f"size {size}",))
    count, scales = _count(inputs.get("nodeCount")), bool(inputs.get("autoScale"))
    low = (_count(inputs.get("minNodes")) or (0 if "minNodes" in inputs else count)) if scales else count
    high = (_count(inputs.get("maxNodes")) or count) if scales else count
    return Price(Span(low * node, high * node))


def _price_load_balancer(inputs: dict[str, Any], _prices: PriceList) -> Price:
    return Price(Span.fixed(LOAD_BALANCER_NODE * (_count(inputs.get("sizeUnit")) or 1)))


def _price_registry(inputs: dict[str, Any], prices: PriceList) -> Price:
    tier = str(inputs.get("subscriptionTierSlug", ""))
    price = prices.find_registry(tier)
    return Price(missing=(f"tier {tier}",)) if price is None else Price(Span.fixed(price))


def _price_database(inputs: dict[str, Any], prices: PriceList) -> Price:
    size, nodes = str(inputs.get("size", "")), _count(inputs.get("nodeCount"))
    node = prices.find_database_node(size)
    return Price(missing=(f"size {size}",)) if node is None else Price(Span.fixed(node * nodes))


def _price_volume(inputs: dict[str, Any], _prices: PriceList) -> Price:
    return Price(Span.fixed(VOLUME_GIB * _count(inputs.get("size"))))


def _price_release(inputs: dict[str, Any], prices: PriceList) -> Price:
    """The volume that a chart of ours makes: one of a database, or of a service."""
    values = inputs.get("values")
    if not isinstance(values, dict):
        return Price()
    persistence = values.get("persistence")
    kept = isinstance(persistence, dict) and persistence.get("enabled")
    size = persistence.get("size") if kept and isinstance(persistence, dict) else values.get("storage")
    if size is None:
        return Price()
    price = prices.find_volume(str(size))
    return Price(missing=("a volume of unknown size",)) if price is None else Price(Span.fixed(price))


PRICED: dict[str, Callable[[dict[str, Any], PriceList], Price]] = {
    "digitalocean:index/kubernetesCluster:KubernetesCluster": _price_cluster,
    "digitalocean:index/kubernetesNodePool:KubernetesNodePool": _price_pool,
    "digitalocean:index/loadBalancer:LoadBalancer": _price_load_balancer,
    "digitalocean:index/containerRegistry:ContainerRegistry": _price_registry,
    "digitalocean:index/databaseCluster:DatabaseCluster": _price_database,
    "digitalocean:index/volume:Volume": _price_volume,
    "kubernetes:helm.sh/v3:Release": _price_release,
}


def _count(value: Any) -> int:
    """A number of nodes or GiB; 0 where it is none, such as what only the update will know."""
    return int(value) if isinstance(value, int | float) and 0 <= value < MOST else 0
