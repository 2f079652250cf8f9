"""The web app's server in tests: Caddy with the Caddyfile of its image."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from services.process import ROOT, running


def web_server(url, folder, **environment):
    """Run it at this URL; the site and the log, `caddy`, are in the folder."""
    program = shutil.which("caddy", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    command = [program, "run", "--adapter", "caddyfile", "--config", ROOT / "chatbot_frontend" / "Caddyfile"]
    return running(command, url, folder / "caddy", **{"SITE_ROOT": str(folder), **environment})
