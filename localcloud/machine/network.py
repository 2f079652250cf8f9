"""The network namespace a local cluster lives in.

kube-proxy and the CNI plugins rewrite the packet filter of the host they run on. In a namespace of their
own they cannot touch the machine's, two clusters do not see each other, and `down` takes all of it away.
"""

from __future__ import annotations

from pathlib import Path

from localcloud.instance import Instance
from localcloud.machine.command import CommandError, Commands

NAMESPACES = Path("/run/netns")
PREFIX_LENGTH = 24


def enter(instance: Instance) -> list[str]:
    """The words before a command that run it in the namespace.

    Not `ip netns exec`: that mounts a new /sys, and the control groups below it are gone.
    """
    return ["nsenter", f"--net={NAMESPACES / instance.name}", "--"]


def create(instance: Instance, commands: Commands) -> None:
    """Make the namespace and the pair of interfaces that joins it to the host, unless they are there.

    Raises:
        CommandError: the kernel refused; `ip` says why.
    """
    log = instance.logs / "network.log"
    if (NAMESPACES / instance.name).exists():
        try:
            commands.run([*enter(instance), "ip", "route", "show", "default"], log=log)
        except CommandError:
            remove(instance, commands)  # a namespace file that outlived its namespace
        else:
            return
    host, node = f"slipway{instance.number}", "eth0"
    inside = enter(instance)
    for command in [
        ["ip", "netns", "add", instance.name],
        ["ip", "link", "add", host, "type", "veth", "peer", "name", node, "netns", instance.name],
        ["ip", "address", "add", f"{instance.host_address}/{PREFIX_LENGTH}", "dev", host],
        ["ip", "link", "set", host, "up"],
        [*inside, "ip", "address", "add", f"{instance.node_address}/{PREFIX_LENGTH}", "dev", node],
        [*inside, "ip", "link", "set", "lo", "up"],
        [*inside, "ip", "link", "set", node, "up"],
        [*inside, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"],
        # Last, for it is what tells a whole namespace from one that was interrupted.
        [*inside, "ip", "route", "add", "default", "via", instance.host_address],
    ]:
        commands.run(command, log=log)


def remove(instance: Instance, commands: Commands) -> None:
    """Take the namespace away, and its interfaces with it."""
    if (NAMESPACES / instance.name).exists():
        commands.run(["ip", "netns", "delete", instance.name], log=instance.logs / "network.log")
