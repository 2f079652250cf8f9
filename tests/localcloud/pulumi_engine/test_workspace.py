"""The engine's workspace, with the real CLI."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from localcloud.machine.command import CommandError
from localcloud.pulumi_engine import plugins
from localcloud.pulumi_engine.workspace import Workspace


@pytest.fixture
def no_providers(monkeypatch):
    """For programs without resources: nothing to attach."""
    monkeypatch.setattr(plugins, "PACKAGES", ())


@pytest.fixture
def session(workspace: Workspace, no_providers):
    with workspace.session() as session:
        session.create_stack()
        yield session


def test_update_writes_state_and_history_and_exports_outputs(session, workspace):
    session.run_program("up", "--yes", "--skip-preview", "--message", "deploy HEAD")
    assert session.outputs()["release"] == "HEAD"
    (update,) = json.loads(session.run("stack", "history", "--json"))
    assert (update["result"], update["message"]) == ("succeeded", "deploy HEAD")
    assert update["environment"]["git.head"]
    assert (workspace.state / ".pulumi/stacks/slipway/local.json").is_file()


def test_second_update_changes_nothing(session):
    session.run_program("up", "--yes", "--skip-preview")
    assert "1 unchanged" in session.run_program("up", "--yes", "--skip-preview")


def test_preview_changes_nothing(session, workspace):
    assert "+ 1 to create" in session.run_program("preview")
    assert json.loads(session.run("stack", "history", "--json") or "[]") == []


def test_secrets_are_encrypted_and_passphrase_is_private(session, workspace):
    session.run_program("up", "--yes", "--skip-preview")
    assert "hidden" not in (workspace.state / ".pulumi/stacks/slipway/local.json").read_text()
    passphrase = workspace.state / "passphrase"
    assert passphrase.stat().st_mode & 0o777 == 0o600
    assert passphrase.read_text() not in json.dumps(session.environment)


def test_users_home_and_stack_file_are_unchanged(session, workspace, project):
    before = (project / "Pulumi.local.yaml").read_text()
    session.run_program("up", "--yes", "--skip-preview")
    assert (project / "Pulumi.local.yaml").read_text() == before
    assert Path(session.environment["PULUMI_HOME"]).is_relative_to(workspace.instance.cache)
    assert session.environment["PULUMI_BACKEND_URL"] == f"file://{workspace.instance.home}/pulumi?metadata=skip"


def test_failed_program_shows_its_message(session, project):
    (project / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('no such region')\n")
    with pytest.raises(CommandError, match="no such region"):
        session.run_program("up", "--yes", "--skip-preview")


def test_installed_uv_is_on_path_of_the_engine(workspace, no_providers, monkeypatch):
    monkeypatch.setenv("UV", "/somewhere/bin/uv")
    with workspace.session() as session:
        assert "/somewhere/bin" in session.environment["PATH"].split(os.pathsep)
