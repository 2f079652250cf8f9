"""What `down` ends, and what a purge removes."""

from __future__ import annotations

import pytest

from localcloud import down


def test_down_ends_programs_shims_mounts_and_network(instance, commands, monkeypatch, tmp_path):
    seen = []
    shim = type(
        "Shim",
        (),
        {
            "info": {
                "name": "containerd-shim-runc-v2",
                "cmdline": ["-address", str(instance.run / "containerd.sock")],
            },
            "kill": lambda _: seen.append("shim"),
        },
    )()
    stranger = type(
        "Shim",
        (),
        {
            "info": {"name": "containerd-shim-runc-v2", "cmdline": ["-address", "/other"]},
            "kill": lambda _: seen.append("stranger"),
        },
    )()
    monkeypatch.setattr(down.cluster_removal.cluster_network, "INTERFACES", tmp_path / "none")
    monkeypatch.setattr(down.Supervisor, "stop", lambda _: seen.append("stop"))
    monkeypatch.setattr(down.cgroups, "end", lambda name: seen.append(name))
    monkeypatch.setattr(down.network, "remove", lambda *_: seen.append("network"))
    monkeypatch.setattr(down.shims.psutil, "process_iter", lambda _: [shim, stranger])
    monkeypatch.setattr(down.shims.psutil, "wait_procs", lambda *_, **__: None)
    mounts = tmp_path / "mounts"
    mounts.write_text(f"x {instance.run}/a t r 0 0\nx {instance.run}/a/b\\040c t r 0 0\nx /elsewhere t r 0 0\n")
    monkeypatch.setattr(down.mounts, "MOUNTS", mounts)
    monkeypatch.setattr(down.sysctls, "restore", lambda: seen.append("settings"))
    monkeypatch.setattr(down.docker, "candidates", lambda: iter(()))
    monkeypatch.setattr(down.DatabaseNetwork, "remove", lambda _: seen.append("databases"))
    monkeypatch.setattr(type(commands), "run", lambda _, command, **__: seen.append(command[-1]))
    down.down(instance, commands)
    assert seen == [
        "stop",
        "databases",
        "slipway-8",
        "shim",
        f"{instance.run}/a/b c",
        f"{instance.run}/a",
        "network",
        "settings",
    ]
    assert not instance.run.exists()


def test_down_stops_clusters_and_services_of_the_account(instance, commands, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(down.cluster_removal.cluster_network, "INTERFACES", tmp_path / "none")
    monkeypatch.setattr(down.Supervisor, "stop", lambda self: seen.append(self.instance.run.name))
    monkeypatch.setattr(down.cluster_removal, "stop", lambda cluster, _: seen.append(cluster.name))
    for name in ("8-1", "8-databases", "80-1"):
        instance.run.with_name(name).mkdir()
    for owner, name in [
        (down.cgroups, "end"),
        (down.shims, "end"),
        (down.mounts, "unmount"),
        (down.network, "remove"),
        (down.DatabaseNetwork, "remove"),
    ]:
        monkeypatch.setattr(owner, name, lambda *_: None)
    monkeypatch.setattr(down.docker, "candidates", lambda: iter("x"))
    down.down(instance, commands)
    assert seen[:2] == ["8", "slipway-8-1"]
    assert set(seen[2:]) == {"8-1", "8-databases"}
    assert instance.run.with_name("80-1").exists()
    assert not instance.run.with_name("8-databases").exists()


def test_purge_removes_instance_or_shared_files(instance, commands):
    instance.create_folders()
    other = instance.cache / "instances/3"
    other.mkdir()
    instance.tools.mkdir()
    down.purge(instance, commands)
    assert not instance.home.exists()
    assert down.purge_shared(instance, commands) == ["3"]
    assert instance.tools.exists()
    other.rmdir()
    assert down.purge_shared(instance, commands) == []
    assert not instance.cache.exists()
    assert down.others_up(instance) == []


def test_purge_keeps_users_files(instance, commands):
    instance.create_folders()
    instance.tools.mkdir()
    own = instance.cache / "holiday.jpg"
    own.write_text("mine")
    down.purge(instance, commands)
    down.purge_shared(instance, commands)
    assert [path.name for path in instance.cache.iterdir()] == ["holiday.jpg"]


def test_unmarked_folder_is_not_purged(instance, commands):
    document = instance.home / "thesis.tex"
    document.write_text("mine")
    for purge in (down.purge, down.purge_shared):
        with pytest.raises(down.PurgeError, match="nothing in it was removed"):
            purge(instance, commands)
    assert document.exists()
