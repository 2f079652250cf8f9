from __future__ import annotations

from localcloud.machine import toolbox as module
from localcloud.machine.toolbox import Toolbox


def test_debian_programs_have_folders_of_their_own(instance, commands, monkeypatch):
    seen = []
    monkeypatch.setattr(module.packages, "unpack", lambda _, package, folder, __: seen.append((package, folder)))
    box = Toolbox(instance.tools, instance.logs, commands)
    box.fetch_debian(lambda **_: None)
    assert [package for package, _ in seen] == list(module.packages.UNPACKED)
    assert box.debian("etcd-server") == instance.tools / "debian/etcd-server/usr/bin/etcd"
