"""An instance's processes run in control groups of its own."""

from __future__ import annotations

import os
import subprocess

import pytest

from localcloud.machine import cgroups


def mount_version_1(tmp_path, monkeypatch):
    for name in ("cpu", "cpuset", "memory"):
        (tmp_path / name).mkdir()
    (tmp_path / "cpuset/cpuset.cpus").write_text("0-1\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.setattr(os.path, "ismount", lambda _: True)


def test_cgroup_v1_has_a_group_per_hierarchy(tmp_path, monkeypatch):
    mount_version_1(tmp_path, monkeypatch)
    cgroups.create("slipway-8")
    cgroups.create("slipway-8")
    assert all((tmp_path / name / "slipway-8").is_dir() for name in ("cpu", "cpuset", "memory"))


def test_cgroup_v1_group_may_use_every_cpu(tmp_path, monkeypatch):
    mount_version_1(tmp_path, monkeypatch)
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


def test_groups_of_a_cluster_are_found_by_their_numbers(tmp_path, monkeypatch):
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    for name in ("slipway-8", "slipway-8-0-3", "slipway-8-0-12", "slipway-8-1-4", "slipway-8-0-x"):
        (tmp_path / name).mkdir()
    assert cgroups.numbered("slipway-8-0-") == {3, 12}


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
