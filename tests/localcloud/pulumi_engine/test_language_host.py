"""Our language host with the real CLI: what programs see, and how they fail."""

from __future__ import annotations

import pytest

from localcloud.machine.command import CommandError
from localcloud.pulumi_engine import plugins


@pytest.fixture
def run(workspace, monkeypatch, project):
    """Run a program's text with `pulumi up` by our own host."""
    monkeypatch.setattr(plugins, "PACKAGES", ())
    monkeypatch.setattr(type(workspace.cli), "language_host", None)

    def run(text):
        (project / "__main__.py").write_text(text)
        with workspace.session() as session:
            session.create_stack()
            session.run_program("up", "--yes", "--skip-preview")
            return session.outputs()

    return run


def test_program_runs_in_its_folder(run, project):
    (project / "own.py").write_text("VALUE = 'mine'\n")
    outputs = run(
        "import os, pulumi, own\n"
        "pulumi.export('folder', os.getcwd())\n"
        "pulumi.export('own', own.VALUE)\n"
        "pulumi.export('name', __name__)\n"
        "pulumi.export('stack', pulumi.get_stack())\n"
    )
    assert outputs == {"folder": str(project), "own": "mine", "name": "__main__", "stack": "local"}


def test_error_of_the_program_is_reported_with_its_line(run, project):
    with pytest.raises(CommandError, match="ZeroDivisionError"):
        run("1 / 0\n")


def test_run_error_is_reported_without_a_traceback(run):
    with pytest.raises(CommandError) as error:
        run("import pulumi\nraise pulumi.RunError('write a region')\n")
    assert "write a region" in str(error.value)
    assert "Traceback" not in str(error.value)
