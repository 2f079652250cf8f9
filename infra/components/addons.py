"""Cluster add-ons: third-party charts, pinned."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from infra.components.helm_release import HelmReleaseArgs, helm_release
from infra.config import schema
from infra.naming import Naming
from infra.versions import METRICS_SERVER

INSTALL_SECONDS = 600  # a new node has to pull the image


@dataclass(frozen=True, kw_only=True)
class AddonsArgs:
    """`settings` is the stack file's `addons`."""

    naming: Naming
    settings: schema.Addons
    kubeconfig: pulumi.Output[str]


class Addons(pulumi.ComponentResource):
    """The add-ons that the stack file switches on; services wait for them."""

    releases: list[kubernetes.helm.v3.Release]

    def __init__(self, name: str, args: AddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:addons:Addons", name, {}, opts)
        self.releases = [
            helm_release(
                chart.name,
                HelmReleaseArgs(
                    chart=chart,
                    namespace="kube-system",
                    values={"commonLabels": args.naming.marks()},
                    seconds=INSTALL_SECONDS,
                    kubeconfig=args.kubeconfig,
                ),
                parent=self,
            )
            for chart in ([METRICS_SERVER] if args.settings.metrics_server else [])
        ]
        self.register_outputs({})
