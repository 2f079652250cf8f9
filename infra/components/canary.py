"""The canary of a service: pods of the next release beside those that run, and their part of the requests.

It is declared only by an update that is to have one. Whatever runs next without it removes it: first the route, by
which the service's own gets every request again, then the pods.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import pulumi

from infra.components.helm_release import HelmReleaseArgs, chart_digest, helm_release
from infra.components.service import Service, ServiceArgs
from infra.config.service import Replicas
from infra.config.service import Service as ServiceSettings

CHART = Path("helm/canary")
PORT = 80  # of every service, inside the cluster
READY_SECONDS = 60  # Helm waits for no route


@dataclass(frozen=True, kw_only=True)
class CanaryArgs:
    """The service as it would be released, with a host, and the percentage of its requests."""

    service: ServiceArgs
    percent: int


class Canary(pulumi.ComponentResource):
    """Pods that get a part of a service's requests from outside."""

    def __init__(self, name: str, args: CanaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:canary:Canary", name, {}, opts)
        wanted = args.service
        inside = pulumi.ResourceOptions(parent=self)
        pods = Service(name, _with_settings(wanted), inside)
        route = {"host": wanted.settings.host, "hsts": wanted.hsts}
        helm_release(
            f"{name}-route",
            HelmReleaseArgs(
                chart=CHART,
                namespace=wanted.namespace,
                values={
                    "service": wanted.settings.name,
                    "percent": args.percent,
                    "port": PORT,
                    "route": route,
                    "labels": wanted.naming.marks(),
                    "chart": chart_digest(CHART),
                },
                seconds=READY_SECONDS,
                kubeconfig=wanted.kubeconfig,
            ),
            parent=self,
            after=[pods],
        )
        self.register_outputs({})


def _with_settings(args: ServiceArgs) -> ServiceArgs:
    """The same service as a canary: its own name, fewer pods, and no port of the nodes, which there is once."""
    wanted = args.settings
    changes = {"replicas": find_canary_replicas(wanted), "node_port": None}
    percent = find_largest_step(wanted)
    return replace(args, settings=wanted.model_copy(update=changes), canary_of=wanted.name, canary_percent=percent)


def find_largest_step(service: ServiceSettings) -> int:
    """The largest share of the requests that the service's canary gets, in percent."""
    return max(service.verify.canary.steps if service.verify.canary else [1])


def find_canary_replicas(service: ServiceSettings) -> Replicas:
    """As many pods as the largest step needs; they scale with the load as the service's own do.

    Where the service scales, the chart adds the pods of its share of those that the service has now.
    """
    share, replicas = find_largest_step(service) / 100, service.replicas
    least = math.ceil(share * replicas.min)
    return Replicas(min=least, max=least if replicas.min == replicas.max else max(least, replicas.max))
