"""The kubelet writes to mounts of the instance, and never to the machine's folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from localcloud.machine import mounts
from localcloud.machine.command import CommandError
from tests.localcloud.conftest import Fake

from .root import needs_root


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


def test_mount_namespace_is_tried_on_every_processor(tmp_path):
    class FailAtFirst(Fake):
        def run(self, command, **options):
            super().run(command, **options)
            if len(self.calls) <= refusals:
                raise CommandError(f"refused {len(self.calls)}")
            return ""

    refusals, commands = 1, FailAtFirst()
    mounts._unshare(["unshare", "x"], commands, tmp_path / "log")
    assert [call.split()[0] for call in commands.calls] == ["unshare", "taskset"]
    refusals, commands = 1 + len(os.sched_getaffinity(0)), FailAtFirst()
    with pytest.raises(CommandError, match="refused 1"):
        mounts._unshare(["unshare", "x"], commands, tmp_path / "log")
    assert len(commands.calls) == refusals
