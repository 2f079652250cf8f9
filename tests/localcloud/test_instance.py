from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.instance import LARGEST_NUMBER, Instance, InstanceError
from localcloud.stack import Stack, checkout


def test_default_instance_has_documented_ports(monkeypatch, tmp_path):
    monkeypatch.delenv("SLIPWAY_INSTANCE", raising=False)
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path))
    instance = Instance.from_environment()
    ports = (instance.service_port(30080), instance.api_port, instance.registry, instance.apiserver_port)
    assert ports == (8080, 8088, "127.0.0.1:5500", 6500)


def test_instances_share_no_port_folder_or_address(tmp_path):
    instances = [Instance(number=number, cache=tmp_path) for number in range(LARGEST_NUMBER + 1)]
    ports = [
        port
        for each in instances
        for port in (
            *(each.service_port(node_port) for node_port in Stack(each, checkout(), {}).node_ports().values()),
            each.api_port,
            each.registry_port,
            each.apiserver_port,
        )
    ]
    assert len(set(ports)) == len(ports)
    for names in zip(*((each.name, each.home, each.run, each.host_address) for each in instances), strict=True):
        assert len(set(names)) == len(instances)


@pytest.mark.parametrize("text", ["10", "-1", "a", "", "1.0", "01"])
def test_invalid_number_is_refused_with_advice(monkeypatch, text):
    monkeypatch.setenv("SLIPWAY_INSTANCE", text)
    with pytest.raises(InstanceError, match=rf"SLIPWAY_INSTANCE is '{text}'; write a whole number from 0 to 9"):
        Instance.from_environment()


def test_cache_follows_xdg_unless_set(monkeypatch, tmp_path):
    monkeypatch.delenv("SLIPWAY_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Instance.from_environment().cache == tmp_path / "slipway"
    monkeypatch.setenv("SLIPWAY_CACHE", "relative")
    assert Instance.from_environment().cache == Path.cwd() / "relative/slipway"


def test_cache_is_a_subfolder_unless_marked(monkeypatch, tmp_path):
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path))
    (tmp_path / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n# cargo's\n")
    first = Instance.from_environment()
    assert first.cache == tmp_path / "slipway"
    first.create_folders()
    monkeypatch.setenv("SLIPWAY_CACHE", str(first.cache))
    assert Instance.from_environment() == first


def test_cache_of_an_earlier_version_is_found(monkeypatch, tmp_path):
    (tmp_path / "instances/0").mkdir(parents=True)
    (tmp_path / "instances/0/supervisord.conf").touch()
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path))
    assert Instance.from_environment().cache == tmp_path


def test_instance_files_are_private(tmp_path):
    instance = Instance(number=8, cache=tmp_path)
    (tmp_path / "instances/8/logs").mkdir(parents=True, mode=0o755)
    instance.create_folders()
    assert {folder.stat().st_mode & 0o777 for folder in (instance.home, instance.logs)} == {0o700}


def test_lock_is_per_machine(tmp_path):
    assert {Instance(number=3, cache=tmp_path / name).lock for name in "ab"} == {Path("/run/slipway/3.lock")}


def test_socket_paths_stay_short(tmp_path):
    instance = Instance(number=9, cache=tmp_path / ("deep" * 40))
    assert len(str(instance.run / "containerd.sock.ttrpc")) < 108


def test_a_folder_with_other_files_is_not_marked_as_ours(tmp_path):
    own = tmp_path / "slipway"
    (own / "src").mkdir(parents=True)
    with pytest.raises(InstanceError, match=r"holds files that are not Slipway's \(src\): set SLIPWAY_CACHE"):
        Instance(number=0, cache=own).create_folders()
    assert [path.name for path in own.iterdir()] == ["src"]


def test_a_cache_of_compiled_tools_alone_is_ours(tmp_path):
    own = tmp_path / "slipway"
    (own / "tools").mkdir(parents=True)
    Instance(number=0, cache=own).create_folders()
    assert (own / "CACHEDIR.TAG").exists()
