"""The README's commands: those that need no cloud are run, all others exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.recording import record
from tests.slipway.command_line import parse
from tests.slipway.template import create_repository

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
WORDS = 900
SLIPWAY = re.compile(r"^uv run (?:--frozen )?slipway ")
# What a person types at the prompts of `init`, and a service as step 2 has it.
ANSWERS = {"init --remove-example": ("--name=notes", "--owner=us", "--region=fra1", "--registry=acme", "--zone=")}
DOCKERFILE = "FROM python:3.13-slim-trixie\nUSER 10001\nEXPOSE 8002\n"
# Run in this order, in a copy of the repository.
WITHOUT_A_CLOUD = ["cost", "init --remove-example", "add service notes", "config check"]
# Of programs that the README does not bring; `pulumi` is Pulumi's.
OTHERS = {"git", "pulumi", "export"}


def commands():
    """Every command of the README, from its blocks and its tables, without prompts and comments."""
    recorded = re.sub(r"<!-- recording:.*?<!-- end of the recording -->", "", README, flags=re.DOTALL)
    blocks = re.findall(r"^ *```console\n(.*?)^ *```", recorded, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`((?:make|uv run) [^`]+)`", recorded)
    for line in dict.fromkeys([*lines, *spans]):
        yield from (part.partition("  # ")[0].strip() for part in line.split(" && "))


def words_of(command):
    return shlex.split(SLIPWAY.sub("", command))


COMMANDS = list(commands())


def test_the_readme_is_under_900_words():
    assert len(README.split()) < WORDS


def test_the_readme_has_commands():
    assert {"make up", "make test", "pulumi up --stack staging"} <= set(COMMANDS)


@pytest.mark.parametrize("command", [each for each in COMMANDS if SLIPWAY.match(each)])
def test_the_command_line_takes_it(command):
    parse(words_of(command))


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("make ")])
def test_the_makefile_has_its_target(command):
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z][a-z0-9 -]*):(?!=)", makefile, re.MULTILINE)
    named = [word for word in command.split()[1:] if "=" not in word and not word.startswith("-")]
    assert set(named) <= {name for line in targets for name in line.split()}
    for name in re.findall(r" ([A-Z]+)=", command):
        assert f"$({name})" in makefile or f"$(if $({name})" in makefile, f"no target reads {name}"


@pytest.mark.parametrize("command", [e for e in COMMANDS if not e.startswith("make ") and not SLIPWAY.match(e)])
def test_every_other_command_is_of_a_known_program(command):
    assert command.split()[0] in OTHERS


def test_uv_is_on_path_before_the_first_command_that_needs_it():
    first = next(index for index, each in enumerate(COMMANDS) if each.startswith(("uv ", "pulumi ")))
    assert 'export PATH="$(make --silent path):$PATH"' in COMMANDS[:first]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The template in a repository of its own, with a folder for the service of step 2."""
    folder = create_repository(tmp_path_factory.mktemp("readme") / "project")
    (folder / "notes").mkdir()
    (folder / "notes/Dockerfile").write_text(DOCKERFILE)
    return folder


def test_what_needs_no_cloud_runs_in_the_order_of_the_readme(project):
    written = [" ".join(words_of(each)) for each in COMMANDS if SLIPWAY.match(each)]
    assert set(WITHOUT_A_CLOUD) <= set(written)
    for command in WITHOUT_A_CLOUD:
        words = [sys.executable, "-m", "slipway", *command.split(), *ANSWERS.get(command, ())]
        done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert (project / "notes/service.yaml").exists()
    assert not (project / "backend").exists()


def test_the_recording_is_what_its_command_writes():
    block = README.partition("$ make up\n")[2].partition("```")[0]
    assert record(README, block) == README


def test_a_recording_has_no_line_of_progress_and_no_colour():
    page = record(README, "… deploy  2.0 s\n\x1b[32m✓\x1b[0m deploy  2.1 s\nrelease 123 is live:\n")
    assert "$ make up\n✓ deploy  2.1 s\nrelease 123 is live:\n```" in page


def test_a_failed_make_up_is_not_recorded():
    with pytest.raises(ValueError, match="did not succeed"):
        record(README, "✗ deploy\n")
