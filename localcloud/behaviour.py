"""Judge what `make up` deployed by its requests, where its services want that (`verify.behaviour`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery.cluster import StackCluster, read_namespace
from delivery.outcome import MissingError
from delivery.verification.behaviour_gate import BehaviourGate
from delivery.verification.service_checks import read_service_checks
from infra.config.verification import BehaviourLimits
from localcloud.stack import SERVICES_KEY, Stack


def open_cluster(stack: Stack) -> StackCluster:
    """Return the cluster of a local stack.

    Raises:
        MissingError: the local cloud is down, or the stack file has no namespace.
    """
    try:
        kubeconfig = stack.instance.kubeconfig.read_text(encoding="utf-8")
    except OSError as error:
        raise MissingError("the local cloud is down: start it with `make up`") from error
    return StackCluster(stack.name, kubeconfig, read_namespace(stack.name, stack.configuration()))


@dataclass
class LocalJudge:
    """Judges one deployment.

    Attributes:
        note: takes what is said meanwhile.
    """

    stack: Stack
    note: Callable[[str], None]
    limits: dict[str, BehaviourLimits] = field(init=False)
    gate: BehaviourGate = field(init=False)

    def __post_init__(self) -> None:
        checks = read_service_checks({SERVICES_KEY: self.stack.services()})
        found = {name: each.verification.behaviour for name, each in checks.items()}
        self.limits = {name: limits for name, limits in found.items() if limits is not None}
        self.gate = BehaviourGate(lambda: open_cluster(self.stack), self.note)

    def record_baseline(self, before: Mapping[str, Any]) -> None:
        """Read what runs now.

        Args:
            before: the stack's outputs; empty before the first deployment.
        """
        running = before.get("services") or {}
        self.gate.record_baseline([name for name in self.limits if name in running])

    def judge(self, outputs: Mapping[str, Any]) -> None:
        """Watch the services that want it, for as long as they want.

        Args:
            outputs: the stack's.

        Raises:
            DeliveryError: one answers too badly, or its metrics cannot be read.
        """
        digests = {name: str(facts["digest"]) for name, facts in outputs["services"].items()}
        self.gate.judge({name: self.limits[name] for name in self.limits if name in digests}, digests)
