"""An instance has a network namespace, which reaches the outside through the host."""

from __future__ import annotations

import subprocess
import sys

import pytest

from localcloud.machine import network, sysctls
from tests.localcloud.conftest import Fake

from .root import needs_root

ASK = """
import time, urllib.request
for _ in range(20):
    try:
        urllib.request.urlopen("http://198.51.100.6:8000/", timeout=2)
        break
    except OSError:
        time.sleep(0.5)
else:
    raise SystemExit(1)
"""


def packet_filter(table):
    words = ["iptables", "--wait", "--table", table, "--list-rules"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@needs_root
def test_namespace_is_created_and_removed(instance, commands):
    network.create(instance, commands)
    try:
        network.create(instance, commands)
        inside = [*network.enter(instance), "ip", "route"]
        routes = subprocess.run(inside, check=True, capture_output=True, text=True).stdout
        assert f"default via {instance.host_address}" in routes
    finally:
        network.remove(instance, commands)
    network.remove(instance, commands)
    assert not (network.NAMESPACES / instance.name).exists()


def test_broken_namespace_is_recreated(instance, tmp_path, monkeypatch):
    monkeypatch.setattr(network, "NAMESPACES", tmp_path)
    monkeypatch.setattr(network.sysctls, "set_and_save", lambda *_: None)
    (tmp_path / instance.name).touch()
    commands = Fake(fail=["route show", "--delete"])
    network.create(instance, commands)
    assert f"ip netns delete {instance.name}" in commands.calls
    assert f"ip netns add {instance.name}" in commands.calls


def test_missing_br_netfilter_is_named(instance, tmp_path, monkeypatch):
    monkeypatch.setattr(network, "BRIDGE_FILTER", tmp_path / "missing")
    loading = Fake()
    network.load_bridge_filter(instance, loading)
    assert loading.calls == ["modprobe br_netfilter"]
    with pytest.raises(network.NetworkError, match="run `modprobe br_netfilter`"):
        network.load_bridge_filter(instance, Fake(fail=["modprobe"]))


@needs_root
def test_pod_reaches_the_outside_and_rules_are_removed(instance, commands, monkeypatch, tmp_path):
    """The server has no route but to the host: without masquerade nothing would answer."""
    monkeypatch.setattr(sysctls, "SAVED", tmp_path / "sysctls.json")
    before = [packet_filter(table) for table in ("filter", "nat")]
    outside = ["ip", "netns", "exec", "slipway-outside"]
    subprocess.run(["ip", "netns", "add", "slipway-outside"], check=True)
    try:
        network.create(instance, commands)
        for command in [
            ["ip", "link", "add", "slipway-out", "type", "veth", "peer", "name", "eth0", "netns", "slipway-outside"],
            ["ip", "address", "add", "198.51.100.5/30", "dev", "slipway-out"],
            ["ip", "link", "set", "slipway-out", "up"],
            [*outside, "ip", "address", "add", "198.51.100.6/30", "dev", "eth0"],
            [*outside, "ip", "link", "set", "eth0", "up"],
        ]:
            subprocess.run(command, check=True)
        serve = [*outside, sys.executable, "-m", "http.server", "8000", "--bind", "198.51.100.6"]
        ask = [*network.enter(instance), sys.executable, "-c", ASK]
        with subprocess.Popen(serve, stderr=subprocess.DEVNULL) as server:
            asked = subprocess.run(ask, check=False, timeout=90)
            server.terminate()
        assert asked.returncode == 0
    finally:
        network.remove(instance, commands)
        subprocess.run(["ip", "netns", "delete", "slipway-outside"], check=True)
    assert [packet_filter(table) for table in ("filter", "nat")] == before


def test_loopback_name_servers_are_skipped(tmp_path, monkeypatch):
    stub, real = tmp_path / "resolv.conf", tmp_path / "real.conf"
    monkeypatch.setattr(network, "RESOLVERS", (stub, real))
    stub.write_text("nameserver 127.0.0.53\noptions edns0\n")
    assert network.nameservers() == []
    real.write_text("nameserver 192.0.2.1\n")
    assert network.nameservers() == ["192.0.2.1"]
