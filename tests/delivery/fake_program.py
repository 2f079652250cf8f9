"""A program on PATH that is a script of the tests, with a world in a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def write_program(programs: Path, folder: Path, name: str, script: str, world: dict) -> Path:
    """Write the program and its world, `<name>.json` in the folder; returns the world."""
    file, state, program = folder / f"{name}.py", folder / f"{name}.json", programs / name
    file.write_text(script)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {file} "$@"\n')
    program.chmod(0o755)
    state.write_text(json.dumps(world))
    return state
