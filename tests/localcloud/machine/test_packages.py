from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.machine import packages
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.packages import PackageError


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A PATH with nothing on it but what the test puts there; every call is noted in `calls`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    names = {package: Path(sign).name for package, sign in packages.INSTALLED.items()}  # files count as programs here
    monkeypatch.setattr(packages, "INSTALLED", names)
    monkeypatch.setenv("PATH", str(folder))

    def put(name, script="true"):
        path = folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\n{script}\n')
        path.chmod(0o755)

    put.calls = lambda: (tmp_path / "calls").read_text().splitlines() if (tmp_path / "calls").exists() else []
    return put


def everything_but(programs, *absent):
    for package, program in packages.INSTALLED.items():
        if package not in absent:
            programs(program)


def test_nothing_is_installed_if_all_programs_exist(programs, commands, tmp_path):
    everything_but(programs)
    packages.install(commands, tmp_path / "log")
    assert programs.calls() == []


def test_only_missing_packages_are_installed(programs, commands, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    everything_but(programs, "socat", "mmdebstrap")
    programs("apt-get")
    packages.install(commands, tmp_path / "log")
    assert programs.calls() == [
        "apt-get --option=DPkg::Lock::Timeout=300 install --yes --no-install-recommends mmdebstrap socat"
    ]


def test_package_lists_are_updated_after_a_failure(programs, commands, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    everything_but(programs, "socat")
    programs("apt-get", f'[ "$2" = update ] && : > {tmp_path}/updated; [ -e {tmp_path}/updated ]')
    packages.install(commands, tmp_path / "log")
    assert [call.split()[2] for call in programs.calls()] == ["install", "update", "install"]


def test_packages_are_named_without_root(programs, commands, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    everything_but(programs, "socat")
    programs("apt-get")
    with pytest.raises(PackageError, match="socat missing: run as root"):
        packages.install(commands, tmp_path / "log")


def test_packages_are_named_without_apt(programs, commands, tmp_path):
    everything_but(programs, "socat")
    with pytest.raises(PackageError, match="socat missing and no apt-get here"):
        packages.install(commands, tmp_path / "log")


def test_package_is_unpacked_once(programs, commands, tmp_path):
    programs("apt-get", ": > etcd-server_1_amd64.deb")
    programs("dpkg-deb", '/bin/mkdir -p "$3/usr/bin"; : > "$3/usr/bin/etcd"')
    folder = tmp_path / "debian"
    program = packages.unpack(commands, "etcd-server", folder, tmp_path / "log")
    assert program == folder / "etcd-server/usr/bin/etcd"
    assert program.exists()
    assert packages.unpack(commands, "etcd-server", folder, tmp_path / "log") == program
    assert len(programs.calls()) == 2


def test_concurrent_runs_unpack_once(programs, tmp_path):
    programs("apt-get", "/bin/sleep 0.3; : > etcd-server_1_amd64.deb")
    programs("dpkg-deb", '/bin/mkdir -p "$3/usr/bin"; : > "$3/usr/bin/etcd"')
    folder = tmp_path / "debian"
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(packages.unpack, Commands(), "etcd-server", folder, tmp_path / "log") for _ in range(2)]
    assert all(run.result().exists() for run in runs)
    assert len(programs.calls()) == 2  # one download, one extraction


def test_interrupted_unpacking_leaves_no_folder(programs, commands, tmp_path):
    programs("apt-get", ": > etcd-server_1_amd64.deb")
    programs("dpkg-deb", "exit 1")
    with pytest.raises(CommandError):
        packages.unpack(commands, "etcd-server", tmp_path / "debian", tmp_path / "log")
    assert not (tmp_path / "debian/etcd-server").exists()


def test_package_without_program_is_found_by_its_file(programs, tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "INSTALLED", {"keyring": str(tmp_path / "keyring.gpg")})
    assert packages.missing() == ["keyring"]
    (tmp_path / "keyring.gpg").touch()
    assert packages.missing() == []


def test_libraries_are_unpacked_beside_their_program(programs, commands, tmp_path):
    programs("apt-get", ": > haproxy_1_amd64.deb; : > liblua_1_amd64.deb; : > lock")
    programs("dpkg-deb", '/bin/mkdir -p "$3/usr/sbin" "$3/usr/lib/x86_64-linux-gnu"; : > "$3/usr/sbin/haproxy"')
    folder = tmp_path / "debian"
    program = packages.unpack(commands, "haproxy", folder, tmp_path / "log")
    assert "--download-only" in programs.calls()[0]
    assert sorted(path.name for path in (folder / "haproxy").iterdir()) == ["usr"]
    assert packages.library_path(program, "haproxy") == f"{folder}/haproxy/usr/lib/x86_64-linux-gnu"


def test_installed_program_needs_no_library_path():
    assert packages.library_path(Path("/usr/sbin/haproxy"), "haproxy") == ""
