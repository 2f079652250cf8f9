from __future__ import annotations

import json
from dataclasses import replace

import pytest

from localcloud.machine import docker as module
from localcloud.machine import network
from localcloud.machine.docker import DockerError

from ..conftest import Fake


def test_engines_are_tried_in_documented_order(engine_images, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", "tcp://here:1")
    assert module.address() == "tcp://here:1"
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setattr(module, "PUBLIC_SOCKET", tmp_path / "public")
    monkeypatch.setattr(module, "SHARED_SOCKET", tmp_path / "shared")
    assert module.address() is None
    (tmp_path / "shared").touch()
    assert module.address() == f"unix://{tmp_path}/shared"
    (tmp_path / "public").touch()
    assert module.address() == f"unix://{tmp_path}/public"
    monkeypatch.setattr(engine_images, "answers", False)
    assert module.address() is None


@pytest.mark.parametrize(
    ("information", "problem"),
    [
        ({"SecurityOptions": ["name=seccomp", "name=rootless"]}, "it is rootless"),
        ({"KernelVersion": "6.10.14-linuxkit"}, "it runs on another machine"),
    ],
)
def test_engine_that_cannot_reach_registry_is_not_used(engine_images, monkeypatch, tmp_path, information, problem):
    monkeypatch.setenv("DOCKER_HOST", "tcp://here:1")
    monkeypatch.setattr(module, "PUBLIC_SOCKET", tmp_path / "none")
    monkeypatch.setattr(module, "SHARED_SOCKET", tmp_path / "none")
    monkeypatch.setattr(engine_images, "information", {**engine_images.information, **information})
    assert module.address() is None
    (found,) = module.candidates()
    assert found.problem.startswith(problem)


def test_own_engine_has_data_root_and_mtu(instance):
    assert f"--data-root={instance.cache}/docker" in module.daemon(instance).command
    assert json.loads((instance.home / "dockerd.json").read_text())["mtu"] == network.mtu()
    assert 500 < network.mtu() <= 9000


def test_changed_mtu_does_not_restart_engine(instance, monkeypatch):
    before = module.daemon(instance)
    monkeypatch.setattr(network, "mtu", lambda: 1234)
    assert module.daemon(instance) == before
    assert before.shared


@pytest.mark.parametrize(
    ("fail", "version", "good"),
    [
        ((), "", True),
        (("buildx",), "Docker version 20.10.24, build x", True),
        (("buildx",), "Docker version 28.2.2, build x", False),
    ],
)
def test_client_needs_buildkit(tmp_path, monkeypatch, fail, version, good):
    client = tmp_path / "docker"
    client.touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    commands = Fake(fail, {"--version": version})
    if good:
        assert module.build_command(commands, tmp_path / "log") == [str(client), "build"]
    else:
        with pytest.raises(DockerError, match="install docker-buildx"):
            module.build_command(commands, tmp_path / "log")


def test_missing_client_is_installed(tmp_path, monkeypatch):
    client = tmp_path / "docker"
    monkeypatch.setenv("PATH", str(tmp_path))
    commands = Fake(fail=["docker-cli"])
    run = commands.run

    def install(command, **options):
        if "docker-buildx" in command:
            client.touch()
        return run(command, **options)

    commands.run = install
    module.install_builder(commands, tmp_path / "log")
    assert any("docker-buildx" in call for call in commands.calls)


def test_build_is_tagged_and_pushed(engine, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "build_command", lambda *_: ["docker", "build"])
    engine.build(tmp_path, "r/x:1", "--build-arg=A=b")
    engine.push("r/x:1")
    assert engine.commands.calls == [
        f"docker build --build-arg=A=b --tag r/x:1 {tmp_path}",
        "docker push --quiet r/x:1",
    ]
    assert engine.environment == {"DOCKER_HOST": "unix:///x", "DOCKER_BUILDKIT": "1"}
    assert replace(engine, config=tmp_path).environment["DOCKER_CONFIG"] == str(tmp_path)
