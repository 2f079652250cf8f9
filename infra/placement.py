"""Which nodes pods run on: those of the pool that a service or a database names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra.config.schema import StackSettings
from infra.naming import Naming


@dataclass(frozen=True)
class Placement:
    """Values of both charts, as Kubernetes has them in a pod; empty: any node without a taint."""

    node_selector: dict[str, str] = field(default_factory=dict)
    tolerations: list[dict[str, str]] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """What the charts take; nothing where it is empty."""
        named = {"nodeSelector": self.node_selector, "tolerations": self.tolerations}
        return {key: value for key, value in named.items() if value}


def find_placement(pool: str | None, settings: StackSettings, naming: Naming) -> Placement:
    """The placement on a workload pool: its nodes by their label, and all of its taints tolerated.

    Args:
        pool: its name, checked before (infra/config/checks.py); None: no pool in particular.
    """
    if pool is None:
        return Placement()
    wanted = next(each for each in settings.cluster.workload_pools if each.name == pool)
    tolerations = [
        {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}
        for taint in wanted.taints
    ]
    return Placement(naming.pool_label(pool), tolerations)
