"""The version before runs beside this one, on the schema of this one, until the rollout has replaced its pods."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
from conftest import migrated
from databases.ports import free_port
from services.accounts import sign_up
from services.previous_version import export_previous_version, search_path
from services.process import ROOT, serving


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_version_before_serves_on_this_versions_schema_beside_it(settings, tmp_path):
    export_previous_version("backend", tmp_path / "before")
    migrated(settings)
    with serve(tmp_path / "before", settings, tmp_path / "log") as before:
        travel(tmp_path / "before", before)
        with serve(ROOT, settings, tmp_path / "own-log") as own:
            travel(ROOT, own)
            travel(tmp_path / "before", before)
            with httpx.Client(base_url=own, timeout=10) as user:
                sign_up(user)
                user.post("/todos", json={"title": "a secret of the user"}).raise_for_status()
            assert "a secret" not in httpx.get(f"{before}/todos?limit=100", timeout=10).text


@contextmanager
def serve(folder, settings, log):
    """Serve the backend of a folder on the database; yields its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"DATABASE_URL": settings.database_url, "PORT": str(port), "PYTHONPATH": search_path(folder)}
    with serving("app.main", url, log, folder=folder / "backend", **own):
        yield url


def travel(folder, url):
    """Use a server as its own version's users do."""
    environment = {**os.environ, "SERVICE_URL": url, "PYTHONPATH": search_path(folder)}
    command = [sys.executable, "-m", "app.journey"]
    done = subprocess.run(
        command, cwd=folder / "backend", env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
