"""The table of scenarios has a row for what a change of each input does, as the official provider's source says."""

from __future__ import annotations

from copy import deepcopy

from .certificates import add_certificates
from .clusters import add_clusters
from .database_parts import add_database_parts, add_logsinks
from .databases import add_databases
from .domains import add_domains
from .inputs import Inputs, create_inputs
from .load_balancers import add_load_balancers
from .monitoring import add_uptime_checks
from .node_pools import add_node_pools
from .projects import add_projects
from .registries import add_registries
from .resource_types import CERTIFICATE, CHECK, CLUSTER, DATABASE, DB, DOMAIN, PROJECT, REGISTRY, USER, VPC
from .row import Row, Table
from .vpcs import add_vpcs


def _create_rows() -> list[Row]:
    table = Table()
    for add_rows in (
        add_vpcs, add_registries, add_clusters, add_node_pools, add_databases, add_database_parts, add_load_balancers,
        add_certificates, add_domains, add_uptime_checks, add_projects, add_logsinks,
    ):  # fmt: skip
        add_rows(table)
    return table.rows


ROWS = _create_rows()
# The fourteen changes for which Slipway's former in-process engine reported "unchanged".
IGNORED = (
    "vpc range", "cluster version", "cluster region", "cluster surgeUpgrade", "cluster firewall",
    "cluster clusterSubnet", "cluster nodePool size", "cluster nodePool maxNodes", "cluster registryIntegration",
    "pool label removed", "pool taint", "pool size", "registry tier", "registry region",
)  # fmt: skip
SHARED: dict[str, dict] = {
    "shared-registry": {"type": REGISTRY, "inputs": create_inputs(REGISTRY, "shared-registry", 0)},
    "second-registry": {
        "type": REGISTRY,
        "inputs": create_inputs(REGISTRY, "second-registry", 0),
    },
    "home": {"type": CLUSTER, "inputs": create_inputs(CLUSTER, "home", 0)},
    "second": {"type": CLUSTER, "inputs": create_inputs(CLUSTER, "second", 0)},
    "pg": {"type": DATABASE, "inputs": create_inputs(DATABASE, "pg", 0)},
    "mysql": {"type": DATABASE, "inputs": {**create_inputs(DATABASE, "mysql", 0), "engine": "mysql", "version": "8"}},
    **{f"fw-{n}": {"type": DATABASE, "inputs": create_inputs(DATABASE, f"fw-{n}", 0)} for n in (1, 2, 3)},
    "first": {"type": USER, "inputs": create_inputs(USER, "first", 0)},
    "x": {"type": DB, "inputs": create_inputs(DB, "x", 0)},
    "zone": {"type": DOMAIN, "inputs": create_inputs(DOMAIN, "zone", 0)},
    "other-zone": {"type": DOMAIN, "inputs": create_inputs(DOMAIN, "other-zone", 0)},
    "example": {"type": DOMAIN, "inputs": {"name": "example.com"}},
    **{
        f"{one}-certificate": {
            "type": CERTIFICATE,
            "inputs": create_inputs(CERTIFICATE, f"{one}-certificate", 0),
            "options": {"depends_on": ["example"]},
        }
        for one in ("shared", "other")
    },
    "first-vpc": {"type": VPC, "inputs": create_inputs(VPC, "first-vpc", 239)},
    "probe": {"type": CHECK, "inputs": create_inputs(CHECK, "probe", 0)},
    "group": {"type": PROJECT, "inputs": create_inputs(PROJECT, "group", 0)},
    "other-group": {"type": PROJECT, "inputs": create_inputs(PROJECT, "other-group", 0)},
    "second-user": {"type": USER, "inputs": {**create_inputs(USER, "second", 0)}},
}
LATER = {"new-vpc": {"type": VPC, "inputs": create_inputs(VPC, "new-vpc", 240)}}


def declare_before() -> dict[str, dict]:
    """Every resource as it is first declared."""
    return {**deepcopy(SHARED), **{row.name: _declare(row, row.before) for row in ROWS}}


def declare_after(*, applied: bool = False) -> dict[str, dict]:
    """Every resource as it is declared then.

    Args:
        applied: leave those rows as they were whose change is only planned.
    """
    rows = {row.name: _declare(row, row.before if applied and not row.applied else row.after) for row in ROWS}
    return {**deepcopy(SHARED), **deepcopy(LATER), **rows}


def _declare(row: Row, inputs: Inputs) -> dict:
    return {"type": row.type, "inputs": inputs, "options": dict(row.options)}
