"""A program on PATH that is a script of the tests, with a world in a file."""

from __future__ import annotations

import json
from pathlib import Path

from tests.delivery.script_server import write_script


def write_program(programs: Path, folder: Path, name: str, script: str, world: dict) -> Path:
    """Write the program and its world, `<name>.json` in the folder; returns the world."""
    file, state = folder / f"{name}.py", folder / f"{name}.json"
    file.write_text(script)
    write_script(programs / name, file)
    state.write_text(json.dumps(world))
    return state
