"""An instance has a temporary folder, and a Docker Engine that notes what it is asked."""

from __future__ import annotations

import os
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException, ImageNotFound

from localcloud import commands as local_commands
from localcloud.cloud import LocalCloud
from localcloud.doctor import Finding, Verdict
from localcloud.instance import Instance
from localcloud.machine import docker as docker_engine
from localcloud.machine import supervisor
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.docker import Engine
from localcloud.machine.toolbox import Toolbox
from localcloud.stack import Stack, checkout


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    made = Instance(number=8, cache=tmp_path / "cache")
    monkeypatch.setattr(Instance, "run", property(lambda self: tmp_path / "run" / str(self.number)))
    made.home.mkdir(parents=True)
    made.logs.mkdir()
    made.run.mkdir(parents=True)
    return made


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def toolbox(instance: Instance, commands: Commands) -> Toolbox:
    return Toolbox(instance.tools, instance.logs, commands)


class Fake:
    """Commands that are noted; those with a word of `fail` in them fail."""

    def __init__(self, fail=(), answers=None):
        self.calls, self.fail, self.answers = [], fail, answers or {}

    def run(self, command, **_):
        line = " ".join(map(str, command))
        self.calls.append(line)
        if any(part in line for part in self.fail):
            raise CommandError(line)
        return next((answer for part, answer in self.answers.items() if part in line), "")


class Images:
    """An engine's images; `labels` are those of the one that is asked for, None where there is none."""

    labels: dict | None = None
    answers = True
    id = "sha256:" + "1" * 64

    def __init__(self, base_url, timeout=None):
        self.images = self

    information = {"KernelVersion": os.uname().release, "SecurityOptions": ["name=seccomp"]}

    def info(self):
        if not self.answers:
            raise DockerException("no")
        return self.information

    def get(self, name):
        if self.labels is None:
            raise ImageNotFound(name)
        return self


@pytest.fixture
def engine_images(monkeypatch):
    monkeypatch.setattr(docker, "DockerClient", Images)
    monkeypatch.setattr(Images, "labels", None)
    monkeypatch.setattr(Images, "answers", True)
    return Images


@pytest.fixture
def engine(tmp_path):
    return Engine("unix:///x", Fake(), tmp_path / "log")


@pytest.fixture
def cloud(instance, monkeypatch):
    monkeypatch.setattr(docker_engine, "address", lambda: None)
    return LocalCloud(instance, Stack(instance, checkout(), {}))


@pytest.fixture
def fit_instance(instance, monkeypatch):
    """Commands of `slipway local` work on this instance, and its machine is fit for it."""
    monkeypatch.setattr(Instance, "from_environment", classmethod(lambda _: instance))
    monkeypatch.setattr(local_commands, "examine", lambda *_: [Finding(Verdict.GOOD, "x", "y")])
    monkeypatch.setattr(supervisor.Supervisor, "end_runs", lambda _: None)
    return instance


@pytest.fixture
def graph(monkeypatch):
    """Sets what `slipway local up` runs instead of its steps: nothing, at first."""

    def set_to(work):
        monkeypatch.setattr(local_commands.Graph, "run", lambda self, _: work(self))

    set_to(lambda _: None)
    return set_to


class Supervisor:
    """Notes what is started."""

    def __init__(self, states=None):
        self.seen, self._states = [], states or {}

    def states(self):
        return self._states

    def start(self, daemons):
        self.seen += [f"known {daemon.name}" for daemon in daemons]

    def ensure(self, name, ready, seconds):
        self.seen.append(name)
