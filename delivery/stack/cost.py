"""What a plan changes in the monthly bill: what has a price of its own there, and a list of what has not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery.stack.plan import Plan

CLUSTER = "digitalocean:index/kubernetesCluster:KubernetesCluster"
POOL = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
LOAD_BALANCER = "digitalocean:index/loadBalancer:LoadBalancer"
REGISTRY = "digitalocean:index/containerRegistry:ContainerRegistry"
# US dollars a month; the API lists sizes only. docs.digitalocean.com, kubernetes and container-registry, pricing.
HIGH_AVAILABILITY = 40.0
REGISTRY_TIERS = {"starter": 0.0, "basic": 5.0, "professional": 20.0}
LOAD_BALANCER_NODE = 12.0  # docs.digitalocean.com, load balancers, pricing; it was 10 before
MOST_NODES = 100_000  # far above any account's limit
NOT_PRICED = "managed databases, volumes, traffic, registry storage above the tier's, taxes"


@dataclass(frozen=True)
class Span:
    """US dollars a month: with as few nodes as may run, and with as many."""

    low: float
    high: float

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        return f"${self.low:.2f}" if self.low == self.high else f"${self.low:.2f} to ${self.high:.2f}"


NOTHING = Span(0.0, 0.0)


@dataclass(frozen=True)
class Cost:
    """Before and after, of the resources that the plan changes.

    Attributes:
        parts: a line for each that changes.
        unknown: sizes that the price list does not have.
    """

    before: Span
    after: Span
    parts: tuple[str, ...]
    unknown: tuple[str, ...]

    def __str__(self) -> str:
        low, high = self.after.low - self.before.low, self.after.high - self.before.high
        change = f"{low:+.2f}" if low == high else f"{low:+.2f} to {high:+.2f}"
        unknown = f"; no price for {', '.join(self.unknown)}" if self.unknown else ""
        if not self.parts:
            return f"no change{unknown}. Not priced: {NOT_PRICED}."
        return f"{self.before} → {self.after} a month ({change}){unknown}. Not priced: {NOT_PRICED}."


def cost_of(plan: Plan, prices: Mapping[str, float]) -> Cost:
    """What the plan's resources cost before and after it.

    Args:
        plan: what is to change.
        prices: US dollars a month by size slug, as the API's `/v2/sizes` has them now.
    """
    before, after, parts, unknown = NOTHING, NOTHING, [], set()
    for step in plan.steps:
        old, missing_before = _price(step.type, step.before, prices)
        new, missing_after = _price(step.type, step.after if step.kind != "delete" else {}, prices)
        unknown |= missing_before | missing_after
        before, after = before + old, after + new
        if old != new:
            parts.append(f"{step.title}: {old} → {new}")
    return Cost(before, after, tuple(parts), tuple(sorted(unknown)))


def _price(kind: str, inputs: dict[str, Any], prices: Mapping[str, float]) -> tuple[Span, set[str]]:
    if not inputs:
        return NOTHING, set()
    if kind == CLUSTER:
        pool, unknown = _price_pool(inputs.get("nodePool"), prices)
        plane = HIGH_AVAILABILITY if inputs.get("ha") else 0.0
        return pool + Span(plane, plane), unknown
    if kind == POOL:
        return _price_pool(inputs, prices)
    if kind == LOAD_BALANCER:
        price = LOAD_BALANCER_NODE * (_count(inputs.get("sizeUnit")) or 1)
        return Span(price, price), set()
    if kind == REGISTRY:
        tier = REGISTRY_TIERS.get(str(inputs.get("subscriptionTierSlug")), 0.0)
        return Span(tier, tier), set()
    return NOTHING, set()


def _price_pool(inputs: Any, prices: Mapping[str, float]) -> tuple[Span, set[str]]:
    if not isinstance(inputs, dict):  # what only the update will know
        return NOTHING, {"an unknown size"}
    size = str(inputs.get("size", ""))
    if size not in prices:
        return NOTHING, {size}
    count, scales = _count(inputs.get("nodeCount")), bool(inputs.get("autoScale"))
    low = (_count(inputs.get("minNodes")) or count) if scales else count
    high = (_count(inputs.get("maxNodes")) or count) if scales else count
    return Span(low * prices[size], high * prices[size]), set()


def _count(value: Any) -> int:
    """A number of nodes; 0 where it is none, such as what only the update will know."""
    return int(value) if isinstance(value, int | float) and 0 <= value < MOST_NODES else 0
