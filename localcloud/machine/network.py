"""The network namespace a local cluster lives in, and its way to the outside.

kube-proxy and the CNI plugins rewrite the packet filter of the host they run on. In a namespace of their
own they cannot touch the machine's, two clusters do not see each other, and `down` takes all of it away.
On the host itself there are only five rules, each marked with the instance's name, and forwarding is on.
Looked at beside it: slirp4netns and passt, which need no rule but are one more package and much slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from localcloud.instance import Instance
from localcloud.machine import sysctls
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.place import Place

NAMESPACES = Path("/run/netns")
PREFIX_LENGTH = 24
POD_BRIDGE = "cni0"  # of the CNI plugin, in a node's namespace
DEFAULT_MTU = 1500
BRIDGE_FILTER = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")  # there with the module br_netfilter
RESOLVERS = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))

Rule = tuple[str, list[str]]  # a table of the packet filter, and the rule's words


class NetworkError(RuntimeError):
    """The machine's kernel refuses what the network needs; the text says what to do."""


def enter(place: Place) -> list[str]:
    """The words before a command that run it in the namespace.

    Not `ip netns exec`: that mounts a new /sys, and the control groups below it are gone.
    """
    return ["nsenter", f"--net={NAMESPACES / place.name}", "--"]


def create(instance: Instance, commands: Commands) -> None:
    """Make the namespace, the pair of interfaces that joins it to the host, and the rules, unless they are there.

    Raises:
        CommandError: the kernel refused; `ip` says why.
        NetworkError: bridged packets cannot be filtered, or packets not forwarded.
    """
    load_bridge_filter(instance, commands)
    _create_namespace(instance, commands)
    forward_packets()
    insert_rules(_rules(instance), commands, instance.logs / "network.log")


def forward_packets() -> None:
    """Have the host forward packets.

    Raises:
        NetworkError: the kernel refuses.
    """
    try:
        sysctls.set_and_save("net/ipv4/ip_forward", "1")
    except OSError as error:
        raise NetworkError(f"pods cannot reach the outside: net.ipv4.ip_forward: {error.strerror}") from error


def insert_rules(rules: Sequence[Rule], commands: Commands, log: Path, inside: Sequence[str] = ()) -> None:
    """Insert rules into the packet filter, unless they are there.

    Args:
        inside: the words that enter a namespace, for its packet filter instead of the host's.

    Raises:
        CommandError: the kernel refused.
    """
    for table, rule in rules:
        arguments = [*inside, "iptables", "--wait", "--table", table]
        try:
            commands.run([*arguments, "--check", *rule], log=log)
        except CommandError:
            commands.run([*arguments, "--insert", *rule], log=log)


def delete_rules(rules: Sequence[Rule], commands: Commands, log: Path) -> None:
    """Delete rules of the host's, however often each is there."""
    for table, rule in rules:
        arguments = ["iptables", "--wait", "--table", table]
        try:
            while True:
                commands.run([*arguments, "--delete", *rule], log=log)
        except CommandError:
            continue


def load_bridge_filter(place: Place, commands: Commands) -> None:
    """Load br_netfilter: without it a pod that calls a Service gets the answer from an address it did not call.

    Docker 27.2 and before loaded it, newer ones do not.

    Raises:
        NetworkError: it cannot be loaded.
    """
    if BRIDGE_FILTER.exists():
        return
    try:
        commands.run(["modprobe", "br_netfilter"], log=place.logs / "network.log")
    except CommandError as error:
        raise NetworkError("the kernel module br_netfilter is missing: run `modprobe br_netfilter`") from error


def remove(instance: Instance, commands: Commands) -> None:
    """Take the rules and the namespace away, and its interfaces with it."""
    log = instance.log("network")
    delete_rules(_rules(instance), commands, log)
    if (NAMESPACES / instance.name).exists():
        commands.run(["ip", "netns", "delete", instance.name], log=log)


def mtu() -> int:
    """The largest packet of the host's default route: an interface with more loses packets on the way out."""
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        interface, destination, *_ = line.split()
        if destination == "00000000":
            return int(Path(f"/sys/class/net/{interface}/mtu").read_text())
    return DEFAULT_MTU


def nameservers() -> list[str]:
    """The host's own name servers, none of them a loopback address, which a pod would take for its own."""
    for file in RESOLVERS:
        lines = [line.split() for line in file.read_text().splitlines()] if file.is_file() else []
        found = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
        outside = [address for address in found if not address.startswith("127.") and address != "::1"]
        if outside:
            return outside
    return []


def _create_namespace(instance: Instance, commands: Commands) -> None:
    log = instance.logs / "network.log"
    if (NAMESPACES / instance.name).exists():
        try:
            commands.run([*enter(instance), "ip", "route", "show", "default"], log=log)
        except CommandError:
            remove(instance, commands)  # a namespace file that outlived its namespace
        else:
            return
    host, node, size = _interface(instance), "eth0", str(mtu())
    inside = enter(instance)
    for command in [
        ["ip", "netns", "add", instance.name],
        ["ip", "link", "add", host, "mtu", size, "type", "veth",
         "peer", "name", node, "mtu", size, "netns", instance.name],
        ["ip", "address", "add", f"{instance.host_address}/{PREFIX_LENGTH}", "dev", host],
        ["ip", "link", "set", host, "up"],
        [*inside, "ip", "address", "add", f"{instance.node_address}/{PREFIX_LENGTH}", "dev", node],
        [*inside, "ip", "link", "set", "lo", "up"],
        [*inside, "ip", "link", "set", node, "up"],
        [*inside, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"],
        # Last, for it is what tells a whole namespace from one that was interrupted.
        [*inside, "ip", "route", "add", "default", "via", instance.host_address],
    ]:  # fmt: skip
        commands.run(command, log=log)


def _interface(instance: Instance) -> str:
    return f"slipway{instance.number}"


def _rules(instance: Instance) -> list[Rule]:
    """The last to be looked at first, as each is inserted before the others."""
    interface = _interface(instance)
    clusters = ["--in-interface", f"{interface}-+", "--out-interface", interface]  # of the same account
    return [
        *rules(f"{instance.host_address.rpartition('.')[0]}.0/{PREFIX_LENGTH}", interface, instance.name),
        # They pull from the registries in here.
        ("filter", ["FORWARD", *clusters, *_mark(instance.name), "--jump", "ACCEPT"]),
    ]


def rules(network: str, interface: str, name: str) -> list[Rule]:
    """What a network behind an interface of the host needs, each marked with `name`; the last to be looked at first.

    Docker drops what it does not know of, so that rules of ours must come before its own.
    """
    mark = _mark(name)
    replies = ["--match", "conntrack", "--ctstate", "RELATED,ESTABLISHED"]
    return [
        (
            "nat",
            ["POSTROUTING", "--source", network, "!", "--out-interface", interface, *mark, "--jump", "MASQUERADE"],
        ),
        # Other machines have no business in here, now that this one forwards.
        ("filter", ["FORWARD", "--out-interface", interface, *mark, "--jump", "DROP"]),
        ("filter", ["FORWARD", "--out-interface", interface, *replies, *mark, "--jump", "ACCEPT"]),
        ("filter", ["FORWARD", "--in-interface", interface, *mark, "--jump", "ACCEPT"]),
    ]


def _mark(name: str) -> list[str]:
    return ["--match", "comment", "--comment", name]
