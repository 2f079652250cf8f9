"""A server as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
READY_SECONDS = 120  # with coverage, on a machine that does much else


@contextmanager
def serving(module, url, log, *, folder=ROOT, **environment):
    """Run `python -m module` until its `/readyz` answers 200 at the URL; killed in the end."""
    environment = {"PYTHONPATH": str(ROOT / "backend"), **environment}
    with running([sys.executable, "-m", module], url, log, folder=folder, **environment) as process:
        yield process


@contextmanager
def running(command, url, log, *, folder=ROOT, **environment):
    """Run a server until its `/readyz` answers 200 at the URL; killed in the end."""
    with log.open("w") as out:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=out, stderr=out, cwd=folder)
        try:
            _wait(process, f"{url}/readyz", log)
            yield process
        finally:
            process.kill()
            process.wait()


def _wait(process, url, log):
    deadline = time.monotonic() + READY_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
