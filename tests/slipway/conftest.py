from __future__ import annotations

import os

import pytest

from slipway.execution import execute
from tests.slipway.command_line import ROOT


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch, tmp_path):
    """No credentials, no run, no repository and no local cloud: a command that is run here changes nothing."""
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GH_", "PULUMI_", "SLACK_", "SMTP_", "DIGITALOCEAN_", "AWS_", "SLIPWAY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SLIPWAY_INSTANCE", "none")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def slipway(capsys):
    """`slipway …` in an empty folder: its status, and what it printed on standard output and standard error."""

    def run(*words):
        status = execute(ROOT, [str(word) for word in words])
        return status, *capsys.readouterr()

    return run
