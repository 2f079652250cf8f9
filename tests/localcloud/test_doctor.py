from __future__ import annotations

import os
import socket

import pytest

from localcloud import doctor
from localcloud.doctor import Verdict, examine
from localcloud.machine.docker import Candidate

RISC = os.uname_result(("Linux", "host", "6.1.0-1", "", "riscv64"))


def failing(patch):
    patch.setattr(doctor.subprocess, "run", lambda *_, **__: type("Done", (), {"returncode": 1, "stdout": ""}))


def no_module(patch):
    patch.setattr(doctor.network, "BRIDGE_FILTER", doctor.Path("/nowhere"))
    failing(patch)


@pytest.fixture
def healthy(monkeypatch, tmp_path):
    """A machine that lacks nothing."""
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 0)
    monkeypatch.setattr(doctor.packages, "missing", list)
    monkeypatch.setattr(doctor.host.sys, "platform", "linux")
    monkeypatch.setattr(doctor.cgroups, "problem", lambda: None)
    monkeypatch.setattr(doctor.network, "BRIDGE_FILTER", doctor.Path("/"))
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: type("Done", (), {"returncode": 0, "stdout": ""}))
    engines(monkeypatch, Candidate("unix:///x", None))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100 * 2**30}))
    return monkeypatch


def engines(patch, *found):
    patch.setattr(doctor.docker, "candidates", lambda: iter(found))


def found(instance, toolbox, what, ports=None):
    return next(finding for finding in examine(instance, toolbox, ports or {}) if finding.what == what)


def test_complete_machine_passes(healthy, instance, toolbox):
    assert not [finding for finding in examine(instance, toolbox, {}) if finding.verdict is Verdict.BAD]


def test_what_up_installs_is_no_fault(healthy, instance, toolbox):
    healthy.setattr(doctor.packages, "missing", lambda: ["socat"])
    engines(healthy)
    healthy.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert str(found(instance, toolbox, "packages")) == "… packages: apt-get install socat"
    assert found(instance, toolbox, "Docker Engine").verdict is Verdict.WILL_DO
    assert found(instance, toolbox, "Kubernetes").verdict is Verdict.WILL_DO
    toolbox.binaries.mkdir(parents=True)
    assert found(instance, toolbox, "Kubernetes").verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("what", "break_it", "advice"),
    [
        ("machine", lambda patch: patch.setattr(doctor.host.os, "geteuid", lambda: 1000), "needs root: use `sudo`"),
        (
            "machine",
            lambda patch: patch.setattr(doctor.host.sys, "platform", "darwin"),
            "`make preview` and `make test`",
        ),
        (
            "processor",
            lambda patch: patch.setattr(doctor.os, "uname", lambda: RISC),
            "riscv64; this needs x86_64",
        ),
        (
            "overlayfs",
            lambda patch: patch.setattr(doctor, "FILE_SYSTEMS", doctor.Path("/dev/null")),
            "modprobe overlay",
        ),
        ("br_netfilter", lambda patch: no_module(patch), "install the kernel's modules"),
        ("namespaces", lambda patch: failing(patch), "start it with `--privileged`"),
        (
            "disk",
            lambda patch: patch.setattr(doctor.shutil, "disk_usage", lambda _: type("U", (), {"free": 2**30})),
            "set SLIPWAY_CACHE",
        ),
        (
            "control groups",
            lambda patch: patch.setattr(doctor.cgroups, "problem", lambda: doctor.cgroups.IN_A_CONTAINER),
            "--cgroupns=host",
        ),
        ("memory", lambda patch: patch.setattr(doctor.os, "sysconf", lambda _: 1024), "0 GiB"),
    ],
)
def test_what_only_the_user_can_fix_has_advice(healthy, instance, toolbox, what, break_it, advice):
    break_it(healthy)
    finding = found(instance, toolbox, what)
    assert finding.verdict is Verdict.BAD
    assert advice in finding.detail


def test_missing_packages_without_apt_are_a_fault(healthy, instance, toolbox):
    healthy.setattr(doctor.packages, "missing", lambda: ["socat"])
    healthy.setattr(doctor.shutil, "which", lambda _: None)
    finding = found(instance, toolbox, "packages")
    assert (finding.verdict, "install socat by hand" in finding.detail) == (Verdict.BAD, True)


def test_taken_port_is_named_with_advice(healthy, instance, toolbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        finding = found(instance, toolbox, f"port {port}", {"the registry": port})
    assert finding.verdict is Verdict.BAD
    assert "needed for the registry" in finding.detail
    assert "SLIPWAY_INSTANCE" in finding.detail
    assert found(instance, toolbox, f"port {port}", {"the registry": port}).verdict is Verdict.GOOD


def test_loadable_module_is_no_fault(healthy, instance, toolbox):
    healthy.setattr(doctor.network, "BRIDGE_FILTER", doctor.Path("/nowhere"))
    healthy.setattr(doctor.shutil, "which", lambda name: f"/sbin/{name}")
    assert found(instance, toolbox, "br_netfilter").verdict is Verdict.WILL_DO


@pytest.mark.parametrize("problem", ["it is rootless", "it runs on another machine"])
def test_unusable_docker_is_named_with_the_alternative(healthy, instance, toolbox, problem):
    engines(healthy, Candidate("tcp://far:1", problem))
    finding = found(instance, toolbox, "Docker Engine")
    assert finding.verdict is Verdict.WILL_DO
    assert (
        finding.detail == f"one of our own, with its images in the cache folder; tcp://far:1 is not used: {problem}"
    )


def test_foreign_docker_is_named(healthy, instance, toolbox):
    assert "never restarted" in found(instance, toolbox, "Docker Engine").detail
    engines(healthy, Candidate(f"unix://{doctor.docker.SHARED_SOCKET}", None))
    assert "our own" in found(instance, toolbox, "Docker Engine").detail


def test_unreachable_name_server_is_named(healthy, instance, toolbox):
    healthy.setattr(doctor.network, "nameservers", list)
    assert "inside the cluster only" in found(instance, toolbox, "DNS for pods").detail
