"""The network of one cluster of an account: a bridge of the host, and a namespace on it for each of its machines.

Pods keep their addresses between the namespaces, by routes; to everything else they have their node's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from localcloud.machine import network
from localcloud.machine.cluster_place import CLUSTER_NETWORKS, ClusterPlace, NodePlace
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.network import NAMESPACES, POD_BRIDGE, PREFIX_LENGTH, Rule
from localcloud.machine.place import Ranges

INTERFACES = Path("/sys/class/net")
PROTOCOL = "static"  # marks the routes that are ours, and no other's


def create(cluster: ClusterPlace, commands: Commands) -> None:
    """Make the bridge, the rules and the control plane's namespace, unless they are there.

    Raises:
        CommandError: the kernel refused; `ip` says why.
        NetworkError: bridged packets cannot be filtered, or packets not forwarded.
    """
    log = cluster.logs / "network.log"
    network.load_bridge_filter(cluster, commands)
    network.forward_packets()
    if not (INTERFACES / cluster.bridge).exists():
        commands.run(
            ["ip", "link", "add", cluster.bridge, "mtu", str(network.mtu()), "type", "bridge"],
            log=log,
        )
    commands.run(
        ["ip", "address", "replace", f"{cluster.host_address}/{PREFIX_LENGTH}", "dev", cluster.bridge], log=log
    )
    commands.run(["ip", "link", "set", cluster.bridge, "up"], log=log)
    network.insert_rules(_rules(cluster), commands, log)
    _join(cluster, _interface(cluster), cluster, commands)


def join(node: NodePlace, commands: Commands) -> None:
    """Make the node's namespace, unless it is there.

    Raises:
        CommandError: the kernel refused.
    """
    _join(node, node.interface, node.cluster, commands)


def route(cluster: ClusterPlace, pods: Mapping[NodePlace, str], ranges: Ranges, commands: Commands) -> None:
    """Have every namespace know the way to each node's pods, and no other.

    Args:
        pods: the range of each node's pods.

    Raises:
        CommandError: the kernel refused.
    """
    log = cluster.logs / "network.log"
    places: list[ClusterPlace | NodePlace] = [cluster, *pods]
    for place in places:
        inside = network.enter(place)
        wanted = {range_: node.node_address for node, range_ in pods.items() if node != place}
        listed = commands.run([*inside, "ip", "route", "show", "proto", PROTOCOL], log=log).splitlines()
        for range_ in {line.split()[0] for line in listed if line.strip()} - set(wanted):
            commands.run([*inside, "ip", "route", "delete", range_, "proto", PROTOCOL], log=log)
        for range_, address in wanted.items():
            commands.run([*inside, "ip", "route", "replace", range_, "via", address, "proto", PROTOCOL], log=log)
    for node, range_ in pods.items():
        outside = ["POSTROUTING", "--source", range_, "!", "--destination", ranges.pods]
        rule = [*outside, "!", "--out-interface", POD_BRIDGE, "--jump", "MASQUERADE"]
        network.insert_rules([("nat", rule)], commands, log, network.enter(node))


def leave(node: NodePlace, commands: Commands) -> None:
    """Take the node's namespace away."""
    _remove_namespace(node.name, node.interface, commands, node.log("network"))


def remove(cluster: ClusterPlace, commands: Commands) -> None:
    """Take away the rules, the bridge and every namespace of the cluster, whatever nodes it had."""
    log = cluster.log("network")
    network.delete_rules(_rules(cluster), commands, log)
    for namespace in sorted(NAMESPACES.glob(f"{cluster.name}-*")):
        number = namespace.name.removeprefix(f"{cluster.name}-")
        _remove_namespace(namespace.name, f"{cluster.bridge}-{number}", commands, log)
    _remove_namespace(cluster.name, _interface(cluster), commands, log)
    if (INTERFACES / cluster.bridge).exists():
        commands.run(["ip", "link", "delete", cluster.bridge], log=log)


def _join(place: ClusterPlace | NodePlace, interface: str, cluster: ClusterPlace, commands: Commands) -> None:
    log = cluster.logs / "network.log"
    inside = network.enter(place)
    if (NAMESPACES / place.name).exists():
        if _is_whole(place, interface, cluster, commands):
            return
        _remove_namespace(place.name, interface, commands, log)
    size = str(network.mtu())
    for command in [
        ["ip", "netns", "add", place.name],
        ["ip", "link", "add", interface, "mtu", size, "type", "veth",
         "peer", "name", "eth0", "mtu", size, "netns", place.name],
        ["ip", "link", "set", interface, "master", cluster.bridge],
        ["ip", "link", "set", interface, "up"],
        [*inside, "ip", "address", "add", f"{place.node_address}/{PREFIX_LENGTH}", "dev", "eth0"],
        [*inside, "ip", "link", "set", "lo", "up"],
        [*inside, "ip", "link", "set", "eth0", "up"],
        [*inside, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"],
        # Last, for it is what tells a whole namespace from one that was interrupted.
        [*inside, "ip", "route", "add", "default", "via", cluster.host_address],
    ]:  # fmt: skip
        commands.run(command, log=log)


def _is_whole(place: ClusterPlace | NodePlace, interface: str, cluster: ClusterPlace, commands: Commands) -> bool:
    """Whether the namespace is more than a file that outlived it, and has its last route."""
    log = cluster.logs / "network.log"
    try:
        commands.run(["ip", "link", "set", interface, "master", cluster.bridge], log=log)
        return bool(commands.run([*network.enter(place), "ip", "route", "show", "default"], log=log).strip())
    except CommandError:
        return False


def _remove_namespace(name: str, interface: str, commands: Commands, log: Path) -> None:
    """The interface too: a namespace that a process still holds would keep it."""
    if (INTERFACES / interface).exists():
        commands.run(["ip", "link", "delete", interface], log=log)
    if (NAMESPACES / name).exists():
        commands.run(["ip", "netns", "delete", name], log=log)


def _interface(cluster: ClusterPlace) -> str:
    """The control plane's end on the host."""
    return f"{cluster.bridge}-2"


def _rules(cluster: ClusterPlace) -> list[Rule]:
    """As a VPC of its own: its machines reach each other and the outside, but no other cluster."""
    others = ["--destination", CLUSTER_NETWORKS, "!", "--out-interface", cluster.bridge]
    mark = ["--match", "comment", "--comment", cluster.name]
    return [
        *network.rules(cluster.network, cluster.bridge, cluster.name),
        ("filter", ["FORWARD", "--in-interface", cluster.bridge, *others, *mark, "--jump", "DROP"]),
    ]
