"""A release's canary: which services get one, and the updates by which its part of the requests grows.

Each step is an update of the stack that declares the canary with its percentage and touches nothing else. The update
that ends it, a release's or a rollback's, is like any other: it declares no canary, and so removes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery.images import release_images
from delivery.stack.configuration import SERVICES
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack
from delivery.verification.service_checks import read_service_checks
from infra.config.verification import BehaviourLimits, Canary

# What has to be the same: the update for a canary makes no database and no name in the DNS, and moves no service.
FIXED = ("kind", "host", "databases")


@dataclass(frozen=True, kw_only=True)
class CanaryStep:
    """One step of a release's canary.

    Attributes:
        percents: of each service's requests from outside.
        limits: by which each service is judged in it.
        jobs: of the release, to run before the canary is there.
    """

    percents: Mapping[str, int]
    limits: Mapping[str, BehaviourLimits]
    jobs: tuple[str, ...] = ()

    @property
    def targets(self) -> list[str]:
        """What the update touches, as patterns of URNs: pods, Secrets, routes and images of the canary, and jobs."""
        of_canaries = [
            f"**::{name}{end}" for name in self.percents for end in ("-canary", "-canary-route", "-image*")
        ]
        return [*of_canaries, *(f"**::{name}{end}" for name in self.jobs for end in ("", "-image*"))]

    def describe(self) -> str:
        """`canary: backend 10 %`."""
        return "canary: " + ", ".join(f"{name} {percent} %" for name, percent in self.percents.items())


def plan_canary(stack: PulumiStack, release: str, live: Outputs) -> list[CanaryStep]:
    """Return the steps of a release's canary; none where no service wants one, or none of those that do is new.

    Raises:
        MissingError, RefusedError: the release's stack file cannot be read.
    """
    new = stack.configuration(release)
    verified = {name: each.verification for name, each in read_service_checks(new).items()}
    wanted = {name: each.canary for name, each in verified.items() if each.canary is not None}
    if not wanted or live.release == release:
        return []
    old = stack.configuration(live.release)[SERVICES]
    tags = release_images.references(stack, release)
    canaries = {
        name: canary
        for name, canary in wanted.items()
        if _may_have(new[SERVICES][name], old.get(name))
        and name in live.services
        and live.services[name].tag != tags[name][1]
    }
    limits = {name: found for name in canaries if (found := verified[name].canary_limits)}
    jobs = tuple(name for name, each in new[SERVICES].items() if _runs_before(each))
    return [
        CanaryStep(percents=percents, limits=limits, jobs=() if number else jobs)
        for number, percents in enumerate(_list_percents(canaries))
    ]


def _list_percents(canaries: Mapping[str, Canary]) -> Iterator[dict[str, int]]:
    """Step by step: who has fewer steps than others stays at its last one."""
    for at in range(max((len(each.steps) for each in canaries.values()), default=0)):
        yield {name: each.steps[min(at, len(each.steps) - 1)] for name, each in canaries.items()}


def _may_have(new: Mapping[str, Any], old: Mapping[str, Any] | None) -> bool:
    return old is not None and bool(new.get("host")) and all(new.get(key) == old.get(key) for key in FIXED)


def _runs_before(service: Mapping[str, Any]) -> bool:
    return service.get("kind") == "job" and service.get("when", "before") == "before"
