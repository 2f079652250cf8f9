"""Each row changes a VPC."""

from __future__ import annotations

from .resource_types import VPC
from .row import Table


def add_vpcs(table: Table) -> None:
    table.add("vpc renamed", VPC, {}, {"name": "vpc-by-another-name"}, "update")
    table.add("vpc described", VPC, {}, {"description": "x"}, "update")
    table.add("vpc no longer described", VPC, {"description": "x"}, {"description": None}, "update")
    table.add("vpc description empty", VPC, {}, {"description": ""}, "same")
    table.add("vpc region", VPC, {}, {"region": "ams3"}, "replace")
    table.add("vpc range", VPC, {}, {"ipRange": "10.250.0.0/20"}, "replace")
    table.add("vpc range left to the cloud", VPC, {}, {"ipRange": None}, "same")
    table.add("vpc renamed by hand", VPC, {}, {}, "same", hand=("PUT", "/v2/vpcs/{id}", {"name": "hand"}),
              drift="update", changed=("name",))  # fmt: skip
    table.add("vpc described by hand", VPC, {}, {}, "same", hand=("PUT", "/v2/vpcs/{id}", {"description": "hand"}),
              drift="update", changed=("description",))  # fmt: skip
    table.add("vpc deleted by hand", VPC, {}, {}, "same", hand=("DELETE", "/v2/vpcs/{id}", None), drift="create")
