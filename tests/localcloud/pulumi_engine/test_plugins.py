"""Which providers are used, and ours being served while the engine works."""

from __future__ import annotations

import os
import socket

import psutil
import pytest

from localcloud.machine.command import CommandError
from localcloud.pulumi_engine import plugins, release
from localcloud.pulumi_engine.cli import Cli
from localcloud.pulumi_engine.plugins import PluginError, Plugins, attach, sdk_version


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Of the user: without plugins of their own, and nothing on PATH."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "user"


@pytest.fixture
def found(instance, home):
    instance.tools.mkdir(parents=True)
    return Plugins(instance.cache / "pulumi-home", instance.tools)


class Pulumi:
    """Commands that install what they are asked to, or fail."""

    def __init__(self, home, *, fail=False):
        self.home, self.fail, self.calls = home, fail, []

    def run(self, command, **options):
        self.calls.append([str(word) for word in command[1:]])
        assert options["environment"] == {"PULUMI_HOME": str(self.home)}
        if self.fail:
            raise CommandError("no such host")
        install(self.home, command[4])


def install(home, package):
    folder = home / "plugins" / f"resource-{package}-v{sdk_version(package)}"
    folder.mkdir(parents=True)
    (folder / f"pulumi-resource-{package}").touch()


CLI = Cli("/x/pulumi", "3.259.0", "test")


def quiet(**_):
    pass


def test_providers_are_ours_without_plugins_and_network(found, monkeypatch):
    monkeypatch.setattr(release, "is_reachable", lambda _: False)
    commands = Pulumi(found.home)
    found.install(CLI, commands, None, quiet)
    assert commands.calls == []
    assert [str(plugin) for plugin in found.find()] == [
        f"digitalocean {sdk_version('digitalocean')} (Slipway)",
        f"docker {sdk_version('docker')} (Slipway)",
        f"kubernetes {sdk_version('kubernetes')} (Slipway)",
    ]


def test_users_plugins_are_used_and_not_changed(found, home, monkeypatch):
    monkeypatch.setattr(release, "is_reachable", lambda _: False)
    install(home / ".pulumi", "docker")
    found.install(CLI, Pulumi(found.home), None, quiet)
    assert [plugin.package for plugin in found.find() if plugin.official] == ["docker"]
    (link,) = (found.home / "plugins").iterdir()
    assert link.is_symlink()
    assert list((home / ".pulumi/plugins").iterdir()) == [link.resolve()]


def test_plugins_are_installed_if_possible(found, monkeypatch):
    monkeypatch.setattr(release, "is_reachable", lambda _: True)
    commands = Pulumi(found.home)
    found.install(CLI, commands, None, quiet)
    assert commands.calls[0] == ["plugin", "install", "resource", "digitalocean", sdk_version("digitalocean")]
    assert all(plugin.official for plugin in found.find())
    found.install(CLI, commands, None, quiet)
    assert len(commands.calls) == 3


def test_missing_plugin_is_replaced_by_ours(found, monkeypatch):
    monkeypatch.setattr(release.httpx, "head", lambda *_, **__: None)
    commands = Pulumi(found.home, fail=True)
    found.install(CLI, commands, None, quiet)
    assert len(commands.calls) == 1  # the others are not tried today
    assert not any(plugin.official for plugin in found.find())


def test_attached_providers_answer_and_end(tmp_path):
    with attach(["docker"], {}, tmp_path, tmp_path / "log") as environment:
        name, _, port = environment["PULUMI_DEBUG_PROVIDERS"].partition(":")
        assert name == "docker"
        socket.create_connection(("127.0.0.1", int(port)), timeout=2).close()
        children = psutil.Process().children()
    assert [child for child in children if child.is_running()] == []


def test_nothing_is_attached_if_all_plugins_are_official(tmp_path):
    with attach([], {}, tmp_path, tmp_path / "log") as environment:
        assert environment == {}


def test_failed_start_points_to_the_log(tmp_path):
    with pytest.raises(PluginError, match="log says why"), attach(["x"], {}, tmp_path, tmp_path / "log"):
        pass
    assert "no provider x" in (tmp_path / "log").read_text()


def test_a_provider_that_exits_while_the_engine_runs_names_its_log(tmp_path, monkeypatch):
    popen = plugins.subprocess.Popen
    monkeypatch.setattr(plugins.subprocess, "Popen", lambda _, **options: popen(["echo", "docker:1"], **options))

    def work():
        with attach(["docker"], {}, tmp_path, tmp_path / "log"):
            for child in psutil.Process().children():
                child.wait(5)
            raise CommandError("connection refused")

    with pytest.raises(PluginError, match="log says why"):
        work()


def test_an_error_of_the_engine_is_its_own_while_providers_answer(tmp_path):
    with pytest.raises(CommandError, match="no"), attach(["docker"], {}, tmp_path, tmp_path / "log"):
        raise CommandError("no")


def test_providers_get_folder_and_environment(tmp_path, monkeypatch):
    seen = {}
    popen = plugins.subprocess.Popen

    def record(command, **options):
        seen.update(options)
        return popen(["sh", "-c", "echo docker:1"], **options)

    monkeypatch.setattr(plugins.subprocess, "Popen", record)
    with attach(["docker"], {"SLIPWAY_HELM": "/x/helm"}, tmp_path, tmp_path / "log"):
        assert seen["cwd"] == tmp_path
        assert seen["env"]["SLIPWAY_HELM"] == "/x/helm"
        assert seen["env"]["PATH"] == os.environ["PATH"]
