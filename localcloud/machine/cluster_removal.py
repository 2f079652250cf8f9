"""Taking away a cluster of an account, or one node of it, from any state that an interrupted run left.

By the names that everything of a cluster has, so that no record of it is needed.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from localcloud.machine import cgroups, cluster_network, mounts, shims
from localcloud.machine.cluster_place import FIRST_NODE, NODES, ClusterPlace, NodePlace
from localcloud.machine.command import Commands
from localcloud.machine.supervisor import Supervisor


def stop(cluster: ClusterPlace, commands: Commands) -> None:
    """End every program and pod of the cluster, its namespaces and its rules; its files stay."""
    Supervisor(cluster, commands.cancelled).stop()
    for node in _nodes(cluster):
        _end(node, commands)
    cluster_network.remove(cluster, commands)
    shutil.rmtree(cluster.run, ignore_errors=True)


def is_up(cluster: ClusterPlace) -> bool:
    """Whether anything of the cluster is on this machine, apart from its files."""
    return cluster.run.exists() or (cluster_network.INTERFACES / cluster.bridge).exists()


def remove_files(cluster: ClusterPlace, commands: Commands) -> None:
    """Remove the cluster's files, with its volumes. Only for one that is stopped."""
    _remove(cluster.home, commands)


def remove_node(node: NodePlace, commands: Commands) -> None:
    """Take away what is left of a node whose programs are stopped, and its files."""
    _end(node, commands)
    cluster_network.leave(node, commands)
    shutil.rmtree(node.run, ignore_errors=True)
    _remove(node.home, commands)


def _end(node: NodePlace, commands: Commands) -> None:
    cgroups.end(node.name)
    shims.end(node.run)
    mounts.unmount(node, commands)


def _nodes(cluster: ClusterPlace) -> list[NodePlace]:
    """Nodes of which anything is there."""
    numbers = set(cgroups.numbered(f"{cluster.name}-"))
    for folder in (cluster.run, cluster.home / "nodes"):
        with contextlib.suppress(OSError):
            numbers |= {int(path.name) for path in folder.iterdir() if path.name.isdigit()}
    return [
        cluster.node(number - FIRST_NODE) for number in sorted(numbers) if FIRST_NODE <= number < FIRST_NODE + NODES
    ]


def _remove(folder: Path, commands: Commands) -> None:
    """By rm, in a child: a cache of many small files takes Python's own walk several times longer."""
    if folder.exists():
        commands.run(["rm", "-rf", "--one-file-system", str(folder)], log=Path("/dev/null"))
