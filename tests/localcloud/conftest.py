"""An instance in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.command import Commands
from localcloud.instance import Instance
from localcloud.toolbox import Toolbox


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
