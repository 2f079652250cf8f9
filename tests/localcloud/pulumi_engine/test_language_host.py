"""Our language host with the real CLI: what programs see, and how they fail."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from localcloud.machine.command import CommandError
from localcloud.pulumi_engine import plugins

ROOT = Path(__file__).parents[3]


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


def test_host_ends_with_the_engine_that_started_it(tmp_path):
    script = (
        f"PYTHONPATH={ROOT} {sys.executable} -m localcloud.pulumi_engine.language_host 127.0.0.1:1 & echo $!; wait"
    )
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True) as engine:
        pid = int(engine.stdout.readline())
        engine.stdout.readline()  # its port: it serves
        engine.kill()
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_running(pid):
    """Whether a process has not ended; in a container nobody may be there to clear it away."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
