"""Control groups, namespaces, forwards, the registry: what is asked of the kernel and of other programs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import bcrypt
import docker
import httpx
import pytest
import yaml

from localcloud.api.access_token import token
from localcloud.machine import cgroups, forward, mounts, network, registry, sysctls
from localcloud.machine.command import CommandError
from localcloud.machine.daemons import listens
from tests.tools import find_debian

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as the local cloud does")


class Fake:
    def __init__(self, fail=()):
        self.calls, self.fail = [], fail

    def run(self, command, **_):
        self.calls.append(" ".join(map(str, command)))
        if any(part in self.calls[-1] for part in self.fail):
            raise CommandError("no")
        return ""


def version_1(tmp_path, monkeypatch):
    for name in ("cpu", "cpuset", "memory"):
        (tmp_path / name).mkdir()
    (tmp_path / "cpuset/cpuset.cpus").write_text("0-1\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.setattr(os.path, "ismount", lambda _: True)


def test_cgroup_v1_has_a_group_per_hierarchy(tmp_path, monkeypatch):
    version_1(tmp_path, monkeypatch)
    cgroups.create("slipway-8")
    cgroups.create("slipway-8")
    assert all((tmp_path / name / "slipway-8").is_dir() for name in ("cpu", "cpuset", "memory"))


def test_cgroup_v1_group_may_use_every_cpu(tmp_path, monkeypatch):
    version_1(tmp_path, monkeypatch)
    (tmp_path / "cpuset/slipway-8").mkdir()
    (tmp_path / "cpuset/slipway-8/cpuset.cpus").write_text("")
    cgroups.create("slipway-8")
    assert (tmp_path / "cpuset/slipway-8/cpuset.cpus").read_text() == "0-1\n"


def test_cgroup_v2_delegates_controllers(tmp_path, monkeypatch):
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids rdma\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    cgroups.create("slipway-8")
    assert (tmp_path / "slipway-8").is_dir()
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu +cpuset +io +memory +pids"


def test_ending_a_group_kills_its_processes(tmp_path, monkeypatch):
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.setattr(cgroups, "KILL_SECONDS", 0.2)
    inner = tmp_path / "slipway-8/pod"
    inner.mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"]) as process:
        (inner / "cgroup.procs").write_text(f"{process.pid}\n")
        cgroups.end("slipway-8")
    assert process.returncode == -9


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


def test_forward_listens_on_loopback_only(instance):
    command = " ".join(map(str, forward.daemon(instance, "backend", 8880, 30080).command))
    assert "TCP-LISTEN:8880,bind=127.0.0.1," in command
    assert "TCP:10.254.8.2:30080" in command


def test_registry_stores_images_in_the_instance(instance, toolbox):
    registry.write_configuration(instance)
    written = yaml.safe_load((instance.home / "registry.yaml").read_text())
    assert written["storage"]["filesystem"]["rootdirectory"] == str(instance.home / "registry")
    assert written["storage"]["delete"]["enabled"] is True
    assert written["http"] == {"addr": ":6300"}
    assert written["auth"]["htpasswd"]["path"] == str(instance.home / "registry.htpasswd")
    assert registry.daemon(instance, toolbox).command[-1] == instance.home / "registry.yaml"


def test_token_is_created_once_and_private(instance):
    assert token(instance) == token(instance)
    assert token(instance).startswith("dop_v1_")
    assert (instance.home / "token").stat().st_mode & 0o777 == 0o600


def test_registry_login_is_created_once_and_private(instance):
    registry.write_configuration(instance)
    before = {path: path.read_text() for path in instance.home.glob("registry.*")}
    registry.write_configuration(instance)
    assert {path: path.read_text() for path in before} == before
    assert {path.name for path in before} == {"registry.htpasswd", "registry.password", "registry.yaml"}
    assert {path.stat().st_mode & 0o777 for path in before} == {0o600}
    user, _, hashed = (instance.home / "registry.htpasswd").read_text().strip().partition(":")
    assert user == registry.USER
    assert bcrypt.checkpw(registry.credentials(instance).password.encode(), hashed.encode())


def test_docker_config_has_login_and_users_proxies(instance, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / ".docker/config.json"
    own.parent.mkdir()
    own.write_text(json.dumps({"proxies": {"default": {}}, "credsStore": "desktop", "auths": {"x": {"auth": "s"}}}))
    before = own.read_bytes()
    folder = registry.docker_config(instance)
    login = registry.credentials(instance)
    written = json.loads((folder / "config.json").read_text())
    assert (written["auths"], written["proxies"]) == ({login.host: {"auth": login.basic}}, {"default": {}})
    assert "credsStore" not in written
    assert (folder / "config.json").stat().st_mode & 0o777 == 0o600
    assert own.read_bytes() == before
    found = docker.auth.load_config(config_path=str(folder / "config.json")).resolve_authconfig(login.host)
    assert (found["username"], found["password"]) == (login.user, login.password)


def test_registry_requires_the_login(instance, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(type(instance), "registry_port", property(lambda _: port))
    registry.write_configuration(instance)
    login, url = registry.credentials(instance), f"http://127.0.0.1:{port}/v2/"
    with subprocess.Popen([find_debian("docker-registry"), "serve", instance.home / "registry.yaml"]) as process:
        try:
            deadline = time.monotonic() + 20
            while not listens("127.0.0.1", port):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            manifest = f"{url}a/manifests/sha256:{'0' * 64}"
            assert [httpx.get(url).status_code, httpx.delete(manifest).status_code] == [401, 401]
            assert httpx.get(url, auth=login.auth).status_code == 200
            assert httpx.get(f"{login.url}/v2/").status_code == 200
            assert httpx.get(url, auth=("slipway", "guess")).status_code == 401
        finally:
            process.terminate()


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


def test_loopback_name_servers_are_skipped(tmp_path, monkeypatch):
    stub, real = tmp_path / "resolv.conf", tmp_path / "real.conf"
    monkeypatch.setattr(network, "RESOLVERS", (stub, real))
    stub.write_text("nameserver 127.0.0.53\noptions edns0\n")
    assert network.nameservers() == []
    real.write_text("nameserver 192.0.2.1\n")
    assert network.nameservers() == ["192.0.2.1"]


def test_sysctls_are_restored_unless_others_changed_them(tmp_path, monkeypatch):
    monkeypatch.setattr(sysctls, "ROOT", tmp_path)
    monkeypatch.setattr(sysctls, "SAVED", tmp_path / "saved.json")
    for name in ("a", "b"):
        (tmp_path / name).write_text("0\n")
        for _ in range(2):  # a second `up` must not take our value for the first one
            sysctls.set_and_save(name, "1")
    assert (tmp_path / "a").read_text() == "1"
    (tmp_path / "b").write_text("2")
    sysctls.restore()
    assert [(tmp_path / name).read_text() for name in "ab"] == ["0", "2"]
    assert not (tmp_path / "saved.json").exists()


def test_sysctl_is_raised_only_where_it_is_too_low(tmp_path, monkeypatch):
    monkeypatch.setattr(sysctls, "ROOT", tmp_path)
    monkeypatch.setattr(sysctls, "SAVED", tmp_path / "saved.json")
    (tmp_path / "low").write_text("128\n")
    (tmp_path / "high").write_text("8192\n")
    for name in ("low", "high", "missing"):
        sysctls.raise_to(name, 1024)
    assert [(tmp_path / name).read_text().strip() for name in ("low", "high")] == ["1024", "8192"]
    sysctls.restore()
    assert (tmp_path / "low").read_text() == "128"


def test_groups_of_a_cluster_are_found_by_their_numbers(tmp_path, monkeypatch):
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    for name in ("slipway-8", "slipway-8-0-3", "slipway-8-0-12", "slipway-8-1-4", "slipway-8-0-x"):
        (tmp_path / name).mkdir()
    assert cgroups.numbered("slipway-8-0-") == {3, 12}


@needs_root
def test_kubelet_writes_stay_in_the_instance(instance, commands, tmp_path, monkeypatch):
    folder = tmp_path / "var/lib/kubelet"
    monkeypatch.setattr(mounts, "FOLDERS", (str(folder),))
    settings = {name: Path("/proc/sys", name).read_text() for name in mounts.PARAMETERS}
    monkeypatch.setattr(mounts, "PARAMETERS", {**mounts.PARAMETERS, "kernel/panic": "7"})
    inside = ["nsenter", f"--mount={mounts.namespace(instance)}", "--"]
    try:
        mounts.create(instance, commands)
        mounts.create(instance, commands)
        assert commands.run([*inside, "cat", "/proc/sys/kernel/panic"], log=tmp_path / "log") == "7\n"
        commands.run(
            [*inside, "sh", "-c", f"echo 5 > /proc/sys/kernel/panic; touch {folder}/x"], log=tmp_path / "log"
        )
        assert list(folder.iterdir()) == []
        assert {name: Path("/proc/sys", name).read_text() for name in mounts.PARAMETERS} == settings
        assert commands.run([*inside, "findmnt", "-no", "PROPAGATION", "/"], log=tmp_path / "log").startswith(
            "shared"
        )
    finally:
        mounts.unmount(instance, commands)
    mounts.remove_mount_points(instance)
    assert not folder.exists()
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "not mounted"),
        ({"cgroup.controllers": "cpu memory\n", "cgroup.subtree_control": "cpu memory\n"}, None),
        (
            {
                "cgroup.controllers": "cpu memory\n",
                "cgroup.subtree_control": "",
                "cgroup.type": "domain\n",
                "cgroup.procs": "1\n",
            },
            "this container may not manage them",
        ),
    ],
)
def test_unusable_cgroups_are_explained(tmp_path, monkeypatch, files, found):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    assert (found in cgroups.problem()) if found else cgroups.problem() is None


def test_mount_namespace_is_tried_on_every_processor(tmp_path):
    class Refusing(Fake):
        def run(self, command, **options):
            super().run(command, **options)
            if len(self.calls) <= refusals:
                raise CommandError(f"refused {len(self.calls)}")
            return ""

    refusals, commands = 1, Refusing()
    mounts._unshare(["unshare", "x"], commands, tmp_path / "log")
    assert [call.split()[0] for call in commands.calls] == ["unshare", "taskset"]
    refusals, commands = 1 + len(os.sched_getaffinity(0)), Refusing()
    with pytest.raises(CommandError, match="refused 1"):
        mounts._unshare(["unshare", "x"], commands, tmp_path / "log")
    assert len(commands.calls) == refusals


def test_refused_cgroup_is_a_clear_error(tmp_path, monkeypatch):
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    (tmp_path / "cgroup.subtree_control").touch()
    (tmp_path / "slipway-8").touch()  # so that no folder can be made there, by root either
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    with pytest.raises(cgroups.ControlGroupError, match="start it with `--privileged --cgroupns=host`"):
        cgroups.create("slipway-8")


def test_end_without_cgroups_does_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroups, "ROOT", tmp_path / "none")
    cgroups.end("slipway-8")
