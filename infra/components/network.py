"""The private network that everything of a stack is in."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.config.schema import StackSettings
from infra.naming import Naming
from infra.sdk import digitalocean


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """`ip_range` is a CIDR that no other VPC of the account overlaps."""

    naming: Naming
    region: str
    ip_range: str
    protect: bool

    @classmethod
    def of(cls, settings: StackSettings, naming: Naming) -> NetworkArgs:
        return cls(
            naming=naming,
            region=settings.region,
            ip_range=settings.network.ip_range,
            protect=settings.protect,
        )


class Network(pulumi.ComponentResource):
    """A VPC; `vpc_id` for what goes into it.

    Pass the id on, never the URN: with the URN the order of deletion is wrong (pulumi-digitalocean issue 753).
    """

    vpc_id: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:network:Network", name, {}, opts)
        vpc = digitalocean.Vpc(
            name,
            name=args.naming.prefix,
            description=f"{args.naming.project} {args.naming.stack}, owned by {args.naming.owner}",
            region=args.region,
            ip_range=args.ip_range,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                # The cluster's deletion is not waited for, and the VPC cannot go before it has.
                custom_timeouts=pulumi.CustomTimeouts(delete="15m"),
            ),
        )
        self.vpc_id = vpc.id
        self.register_outputs({"vpc_id": self.vpc_id})
