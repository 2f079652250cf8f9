"""The tutorial's files and commands, in a repository of their own: all that needs no cluster."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.slipway.command_line import parse
from tests.slipway.template import create_repository

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tutorial.md").read_text()
WITHOUT_A_CLUSTER = ("init ", "add ", "config ")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def commands():
    """The words of each `slipway` command of the page."""
    lines = [line for block in blocks("console") for line in block.splitlines()]
    return [shlex.split(line.partition(" slipway ")[2]) for line in lines if line.startswith("$ uv run slipway ")]


def test_the_command_line_takes_every_command():
    for words in commands():
        parse(words)


def test_its_files_and_commands_make_a_service_without_a_problem(tmp_path):
    project = create_repository(tmp_path / "project")
    (project / "notes").mkdir()
    (project / "notes/server.py").write_text(blocks("python")[0])
    (project / "notes/Dockerfile").write_text(blocks("dockerfile")[0])
    in_cluster, managed, own = blocks("yaml")
    added = {
        "Pulumi.local.yaml": in_cluster,
        "Pulumi.staging.yaml": managed,
        "Pulumi.prod.yaml": managed,
        "notes/service.yaml": own,
    }
    for words in commands():
        if not " ".join(words).startswith(WITHOUT_A_CLUSTER):
            continue
        command = [sys.executable, "-m", "slipway", *words]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        if words[0] == "add":
            for name, text in added.items():
                (project / name).write_text((project / name).read_text() + text)
    assert "nodePort: 30080" in (project / "Pulumi.local.yaml").read_text()
