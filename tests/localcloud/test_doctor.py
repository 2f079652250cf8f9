from __future__ import annotations

import socket

import pytest

from localcloud import doctor
from localcloud.doctor import Verdict, examine


@pytest.fixture
def healthy(monkeypatch, tmp_path):
    """A machine that lacks nothing."""
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 0)
    monkeypatch.setattr(doctor.packages, "missing", list)
    (tmp_path / "cgroup/cpu").mkdir(parents=True)
    monkeypatch.setattr(doctor.cgroups, "ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(doctor.docker, "address", lambda: "unix:///x")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100 * 2**30}))
    return monkeypatch


def found(instance, toolbox, what, ports=None):
    return next(finding for finding in examine(instance, toolbox, ports or {}) if finding.what == what)


def test_a_machine_that_lacks_nothing_is_told_so(healthy, instance, toolbox):
    assert not [finding for finding in examine(instance, toolbox, {}) if finding.verdict is Verdict.BAD]


def test_what_up_sees_to_is_no_fault(healthy, instance, toolbox):
    healthy.setattr(doctor.packages, "missing", lambda: ["socat"])
    healthy.setattr(doctor.docker, "address", lambda: None)
    healthy.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert str(found(instance, toolbox, "packages")) == "… packages: apt-get install socat"
    assert found(instance, toolbox, "Docker Engine").verdict is Verdict.WILL_DO
    assert found(instance, toolbox, "Kubernetes").verdict is Verdict.WILL_DO
    toolbox.binaries.mkdir(parents=True)
    assert found(instance, toolbox, "Kubernetes").verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("what", "break_it", "advice"),
    [
        ("user", lambda patch: patch.setattr(doctor.os, "geteuid", lambda: 1000), "run as root"),
        (
            "disk",
            lambda patch: patch.setattr(doctor.shutil, "disk_usage", lambda _: type("U", (), {"free": 2**30})),
            "set SLIPWAY_CACHE",
        ),
        (
            "control groups",
            lambda patch: patch.setattr(doctor.cgroups, "ROOT", doctor.Path("/nowhere")),
            "not mounted",
        ),
        ("memory", lambda patch: patch.setattr(doctor.os, "sysconf", lambda _: 1024), "0 GiB"),
    ],
)
def test_what_only_the_user_can_mend_is_a_fault_with_advice(healthy, instance, toolbox, what, break_it, advice):
    break_it(healthy)
    finding = found(instance, toolbox, what)
    assert finding.verdict is Verdict.BAD
    assert advice in finding.detail


def test_without_apt_missing_packages_are_the_users(healthy, instance, toolbox):
    healthy.setattr(doctor.packages, "missing", lambda: ["socat"])
    healthy.setattr(doctor.shutil, "which", lambda _: None)
    finding = found(instance, toolbox, "packages")
    assert (finding.verdict, "install socat by hand" in finding.detail) == (Verdict.BAD, True)


def test_a_port_that_another_program_has_is_named_with_the_way_out(healthy, instance, toolbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        finding = found(instance, toolbox, f"port {port}", {"the registry": port})
    assert finding.verdict is Verdict.BAD
    assert "needed for the registry" in finding.detail
    assert "SLIPWAY_INSTANCE" in finding.detail
    assert found(instance, toolbox, f"port {port}", {"the registry": port}).verdict is Verdict.GOOD
