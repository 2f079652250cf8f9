"""Real namespaces on a real bridge; the packet filter and the names are the machine's, so one test at a time."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from localcloud.machine import cluster_network, cluster_removal, network, sysctls
from localcloud.machine.cluster_place import ClusterPlace
from localcloud.machine.locks import exclusive
from localcloud.machine.place import Ranges

from .root import needs_root

pytestmark = needs_root
LOCK = Path(tempfile.gettempdir()) / "slipway-test-network.lock"  # of the machine: several suites may run on it
RANGES = Ranges(pods="10.100.0.0/16", services="10.101.0.0/19")
SERVE = "import socket; s = socket.create_server((%r, 8000)); print(flush=True)\nwhile 1: c, a = s.accept(); c.send(a[0].encode()); c.close()"
ASK = "import socket; print(socket.create_connection((%r, 8000), timeout=2).recv(99).decode())"


def packet_filter():
    return "".join(run(["iptables", "--wait", "-t", table, "-S"]) for table in ("filter", "nat"))


@pytest.fixture
def place(instance, commands, monkeypatch, tmp_path):
    monkeypatch.setattr(sysctls, "SAVED", tmp_path / "sysctls.json")
    made = ClusterPlace(account=instance, number=4)
    made.create_folders()
    with exclusive(LOCK):
        if (cluster_network.INTERFACES / made.bridge).exists():
            pytest.fail(f"{made.bridge} is there: a cluster of instance 8 runs on this machine, or a test was killed")
        yield made
        cluster_removal.stop(made, commands)
        sysctls.restore()
        assert made.name not in packet_filter()
        assert not [path for path in Path("/sys/class/net").iterdir() if path.name.startswith(made.bridge)]
        assert not list(network.NAMESPACES.glob(f"{made.name}*"))


def join(place, commands, slots):
    """Namespaces for the control plane and for nodes, each with one pod's address on its loopback interface."""
    cluster_network.create(place, commands)
    pods = {place.node(slot): f"10.100.{slot}.0/24" for slot in slots}
    for node in pods:
        cluster_network.join(node, commands)
    cluster_network.route(place, pods, RANGES, commands)
    for slot in slots:
        inside = network.enter(place.node(slot))
        run([*inside, "ip", "address", "replace", f"10.100.{slot}.9/32", "dev", "lo"])


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout.strip()


def caller(of, at, address):
    """The address that a server at `address` in the namespace of `at` sees when `of` calls it."""
    serve = [*network.enter(at), sys.executable, "-c", SERVE % address]
    with subprocess.Popen(serve, stdout=subprocess.PIPE) as server:
        try:
            server.stdout.readline()
            return run([*network.enter(of), sys.executable, "-c", ASK % address])
        finally:
            server.kill()


def test_pods_reach_each_other_and_the_control_plane_across_nodes(place, commands):
    for _ in range(2):
        join(place, commands, [0, 1])
    first, second = place.node(0), place.node(1)
    assert caller(first, second, "10.100.1.9") == first.node_address
    assert caller(place, second, "10.100.1.9") == place.node_address
    assert caller(second, place, place.node_address) == second.node_address


def test_pod_has_its_own_address_among_pods_and_the_nodes_elsewhere(place, commands):
    join(place, commands, [0, 1])
    first, second = place.node(0), place.node(1)
    run([*network.enter(first), "ip", "route", "replace", "10.253.84.0/24", "dev", "eth0", "src", "10.100.0.9"])
    run(
        [
            *network.enter(first),
            "ip",
            "route",
            "replace",
            "10.100.1.0/24",
            "via",
            second.node_address,
            "src",
            "10.100.0.9",
        ]
    )
    assert caller(first, second, "10.100.1.9") == "10.100.0.9"
    assert caller(first, place, place.node_address) == first.node_address


def test_node_that_left_is_no_longer_a_way(place, commands):
    join(place, commands, [0, 1])
    cluster_network.leave(place.node(1), commands)
    join(place, commands, [0, 2])
    routes = run([*network.enter(place), "ip", "route"])
    assert "10.100.1.0/24" not in routes
    assert "10.100.2.0/24 via 10.253.84.5" in routes
    assert not (network.NAMESPACES / place.node(1).name).exists()


def test_interrupted_namespace_is_made_again(place, commands):
    join(place, commands, [0])
    run([*network.enter(place.node(0)), "ip", "route", "delete", "default"])
    join(place, commands, [0])
    assert "default via 10.253.84.1" in run([*network.enter(place.node(0)), "ip", "route"])


def test_cluster_is_removed_without_a_record_of_its_nodes(place, commands):
    join(place, commands, [0, 7])
    cluster_network.remove(place, commands)
    assert not list(network.NAMESPACES.glob(f"{place.name}*"))
    cluster_network.remove(place, commands)
