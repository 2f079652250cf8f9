"""A cosign that notes what it is asked, as its certificates come from services that a test cannot reach."""

from __future__ import annotations

from pathlib import Path

from tests.delivery.fake_program import write_program

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
    return write_program(programs, folder, "cosign", PROGRAM, {"unsigned": False, "calls": []})
