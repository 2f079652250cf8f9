"""Specifications of a cluster and its nodes, as the API passes them to a backend."""

from __future__ import annotations

from dataclasses import replace

from localcloud import versions
from localcloud.api.cluster_backend import ClusterSpec, NodeSpec
from localcloud.machine.cluster_place import ClusterPlace

OLD, NEW = f"{versions.KUBERNETES}-do.0", f"{versions.NEWER_KUBERNETES}-do.0"


def create_node(number, **changes):
    made = NodeSpec(
        name=f"apps-{number}",
        droplet_id=1000 + number,
        pool="apps",
        pool_id="7f",
        size="s-2vcpu-4gb",
        version=OLD,
        labels={"workload": "apps"},
        taints=[],
    )
    return replace(made, **changes)


def create_cluster(*nodes, **changes):
    made = ClusterSpec(
        id="c1",
        name="staging",
        region="fra1",
        version=OLD,
        cluster_subnet="10.100.0.0/16",
        service_subnet="10.101.0.0/19",
        nodes=nodes,
    )
    return replace(made, **changes)


def fake_compiled_version(toolbox, version):
    """Make a version of Kubernetes look compiled."""
    toolbox.kubernetes(version).parent.mkdir(parents=True)
    toolbox.kubernetes(version).touch()


def open_cluster(clusters):
    """The first cluster of the account."""
    return clusters._cluster(ClusterPlace(account=clusters._account, number=0))
