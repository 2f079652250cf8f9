"""A GitHub CLI that finds an attestation of every file but those it has as forged: GitHub keeps the real ones."""

from __future__ import annotations

from pathlib import Path

from tests.delivery.fake_program import write_program

PROGRAM = """
import json, os, sys
world = json.load(open(os.environ["FAKE_GH"]))
words = sys.argv[1:]
assert words[:2] == ["attestation", "verify"]
assert words[3:6] == ["--repo", "acme/todo", "--cert-identity-regex"], words
identity = r"^https://github\\.com/acme/todo/\\.github/workflows/(deploy|rollback)\\.yml@refs/heads/(develop|main)$"
assert words[6:] == [identity, "--deny-self-hosted-runners"], words
if any(words[2].endswith(forged) for forged in world["forged"]):
    sys.exit("Error: no attestations found")
"""


def write_gh(programs: Path, folder: Path) -> Path:
    """Write the program `gh`; returns its world, the file that FAKE_GH names."""
    return write_program(programs, folder, "gh", PROGRAM, {"forged": []})
