from __future__ import annotations

import pytest

from localcloud.machine.command import CancelledError
from localcloud.providers.docker.provider import Docker
from localcloud.providers.values import UNKNOWN


def test_unknown_configuration_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///here")
    problems = dict(Docker().check_configuration({"host": "unix:///there", "registryAuth": "x", "version": "5"}))
    assert problems.keys() == {"host", "registryAuth"}
    assert list(Docker().check_configuration({"host": "unix:///here"})) == []
    assert list(Docker().check_configuration({"host": UNKNOWN})) == []


def test_can_be_configured_after_cancel(tmp_path):
    provider = Docker()
    (before,) = provider.configure({})
    provider.cancel()
    with pytest.raises(CancelledError):
        before.commands.run(["true"], log=tmp_path / "log")
    (after,) = provider.configure({})
    after.commands.run(["true"], log=tmp_path / "log")
