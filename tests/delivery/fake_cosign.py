"""A cosign that notes what it is asked, as its certificates come from services that a test cannot reach."""

from __future__ import annotations

import json
import sys
from pathlib import Path

PROGRAM = """
import json, os, sys
world = json.load(open(os.environ["FAKE_COSIGN"]))
world["calls"].append(sys.argv[1:])
configuration = os.path.join(os.environ["DOCKER_CONFIG"], "config.json")
world["login"] = json.load(open(configuration)) if os.path.exists(configuration) else None
json.dump(world, open(os.environ["FAKE_COSIGN"], "w"))
sys.exit("Error: no signatures found" if sys.argv[1] == "verify" and world["unsigned"] else 0)
"""


def write_cosign(programs: Path, folder: Path) -> Path:
    """Write the program `cosign`; returns its world, the file that FAKE_COSIGN names."""
    script, world = folder / "cosign.py", folder / "cosign.json"
    script.write_text(PROGRAM)
    program = programs / "cosign"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
    program.chmod(0o755)
    world.write_text(json.dumps({"unsigned": False, "calls": []}))
    return world
