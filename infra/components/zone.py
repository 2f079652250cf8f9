"""A DNS zone of DigitalOcean, and its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.sdk import digitalocean

APEX = "@"


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    """`hosts` are the zone itself or one label below it; `ttl` is in seconds."""

    zone: str
    hosts: Sequence[str]
    ttl: int
    address: pulumi.Output[str]


class Zone(pulumi.ComponentResource):
    """A zone whose hosts all have one address; `name` is known once DigitalOcean has the zone."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:dns:Zone", name, {}, opts)
        zone = digitalocean.Domain(name, name=args.zone, opts=pulumi.ResourceOptions(parent=self))
        self.name = zone.name
        for host in args.hosts:
            digitalocean.DnsRecord(
                host,
                domain=zone.name,
                type="A",
                name=host.removesuffix(args.zone).rstrip(".") or APEX,
                value=args.address,
                ttl=args.ttl,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"name": self.name})
