"""Control groups, namespaces, forwards, the registry: what is asked of the kernel and of other programs."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml

from localcloud.api.access_token import token
from localcloud.machine import cgroups, forward, network, registry
from localcloud.machine.command import CommandError

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


def test_version_1_has_a_group_in_every_hierarchy(tmp_path, monkeypatch):
    version_1(tmp_path, monkeypatch)
    cgroups.create("slipway-8")
    cgroups.create("slipway-8")
    assert all((tmp_path / name / "slipway-8").is_dir() for name in ("cpu", "cpuset", "memory"))


def test_a_new_version_1_group_may_use_every_processor(tmp_path, monkeypatch):
    version_1(tmp_path, monkeypatch)
    (tmp_path / "cpuset/slipway-8").mkdir()
    (tmp_path / "cpuset/slipway-8/cpuset.cpus").write_text("")
    cgroups.create("slipway-8")
    assert (tmp_path / "cpuset/slipway-8/cpuset.cpus").read_text() == "0-1\n"


def test_version_2_has_one_group_and_hands_its_controllers_down(tmp_path, monkeypatch):
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids rdma\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    cgroups.create("slipway-8")
    assert (tmp_path / "slipway-8").is_dir()
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu +cpuset +io +memory +pids"


def test_the_end_of_a_group_is_the_end_of_its_processes(tmp_path, monkeypatch):
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
def test_a_namespace_is_made_joined_to_the_host_and_taken_away(instance, commands):
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


def test_a_namespace_that_lost_its_inside_is_made_anew(instance, tmp_path, monkeypatch):
    monkeypatch.setattr(network, "NAMESPACES", tmp_path)
    (tmp_path / instance.name).touch()
    commands = Fake(fail=["route show"])
    network.create(instance, commands)
    assert f"ip netns delete {instance.name}" in commands.calls
    assert f"ip netns add {instance.name}" in commands.calls


def test_a_forward_listens_on_loopback_only(instance):
    command = " ".join(map(str, forward.daemon(instance, "backend", 8880, 30080).command))
    assert "TCP-LISTEN:8880,bind=127.0.0.1," in command
    assert "TCP:10.254.8.2:30080" in command


def test_the_registry_keeps_its_images_in_the_instance_and_lets_them_be_deleted(instance, toolbox):
    registry.write_configuration(instance)
    written = yaml.safe_load((instance.home / "registry.yaml").read_text())
    assert written["storage"]["filesystem"]["rootdirectory"] == str(instance.home / "registry")
    assert written["storage"]["delete"]["enabled"] is True
    assert written["http"] == {"addr": ":6300"}
    assert "auth" not in written
    assert registry.daemon(instance, toolbox).command[-1] == instance.home / "registry.yaml"


def test_the_token_is_made_once_and_read_by_its_owner_alone(instance):
    assert token(instance) == token(instance)
    assert token(instance).startswith("dop_v1_")
    assert (instance.home / "token").stat().st_mode & 0o777 == 0o600
