"""The web app's server in tests: Caddy with the Caddyfile of its image."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
from services.process import ROOT


@contextmanager
def web_server(url, folder, **environment):
    """Run it at this URL; the site and the log, `caddy`, are in the folder."""
    program = shutil.which("caddy", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    command = [program, "run", "--adapter", "caddyfile", "--config", ROOT / "chatbot_frontend" / "Caddyfile"]
    log = folder / "caddy"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, env={**os.environ, "SITE_ROOT": str(folder), **environment}, stdout=out, stderr=out
        )
        try:
            deadline = time.monotonic() + 30
            while not answers(url):
                assert time.monotonic() < deadline, log.read_text()
            yield
        finally:
            process.kill()
            process.wait()


def answers(url):
    try:
        return httpx.get(f"{url}/livez").status_code == 200
    except httpx.HTTPError:
        time.sleep(0.05)
        return False
