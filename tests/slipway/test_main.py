from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from delivery.outcome import MEANING
from slipway.__main__ import main

PROGRAM = Path(sys.executable).with_name("slipway")


def complete(line, *, folder=None):
    """What bash offers for the last word of a line."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_SLIPWAY_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run([PROGRAM], env=environment, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_bash_completes_groups_commands_options_and_values():
    assert complete("slipway lo") == ["logs", "local"]
    assert complete("slipway stack pro") == ["promote"]
    assert "--allow-destructive" in complete("slipway stack rollback --al")
    assert complete("slipway account check-token --for pre") == ["preview", "preview-environments"]


def test_bash_completes_the_stacks_of_the_checkout(tmp_path):
    (tmp_path / "Pulumi.staging.yaml").touch()
    (tmp_path / "Pulumi.prod.yaml").touch()
    assert complete("slipway stack deploy --stack s", folder=tmp_path) == ["staging"]


def test_completion_is_quick_as_nothing_heavy_is_imported():
    code = "import sys; import slipway.__main__; print(sorted({'pulumi', 'httpx', 'githubkit', 'docker'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("before", "handled"), [("SIG_DFL", True), ("SIG_IGN", False)], ids=["terminal", "nohup"])
def test_a_terminal_that_is_closed_ends_a_command_as_ctrl_c_does(before, handled):
    code = (
        "import signal, sys, slipway.__main__ as program\n"
        f"signal.signal(signal.SIGHUP, signal.{before})\n"
        "sys.argv = ['slipway', 'env']\n"
        "program.execute = lambda *_: 0\n"
        "program.main()\n"
        "print(signal.getsignal(signal.SIGHUP) is program._stop)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{handled}\n"


def test_completion_installs_itself_for_bash(tmp_path):
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "SHELL": "/bin/bash",
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }
    command = ["bash", "-c", f"{PROGRAM} --install-completion bash || {PROGRAM} --install-completion; true"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "completion installed in" in done.stdout, done.stdout + done.stderr
    assert "_SLIPWAY_COMPLETE" in (tmp_path / ".bash_completions/slipway.sh").read_text()


def test_help_lists_the_groups_and_every_exit_status(slipway):
    status, out, _ = slipway("--help")
    assert status == 0
    for group in ("local", "stack", "images", "account", "ci"):
        assert f"│ {group} " in out
    for number, meaning in MEANING.items():
        assert f"{number:d}: {meaning}" in out


@pytest.mark.parametrize("words", [(), ("local",), ("stack",)])
def test_a_missing_command_prints_help_with_the_wrong_usage_status(slipway, words):
    status, out, _ = slipway(*words)
    assert (status, "Usage: slipway" in out) == (2, True)


@pytest.mark.parametrize(
    ("words", "message", "next_command"),
    [
        (("stak",), "No such command 'stak'. Did you mean 'stack'", "slipway --help"),
        (("stack", "promot"), "No such command 'promot'. Did you mean 'promote'", "slipway stack --help"),
        (
            ("stack", "promote", "--relase", "x"),
            "No such option: --relase (Possible options: --release",
            "slipway stack promote --help",
        ),
        (("stack", "deploy"), "Missing option '--stack'", "slipway stack deploy --help"),
        (("account", "check-token", "--stack", "qa"), "'qa'", "slipway account check-token --help"),
        (
            ("stack", "wait", "http://x", "--timeout", "soon"),
            "Invalid value for '--timeout': Input should be a valid number",
            "slipway stack wait --help",
        ),
        (("ci", "notify", "--title", "x"), "--status / --results: give one of them", "slipway ci notify --help"),
        (("local", "up", "--build"), "--build: it builds the images of another release", "slipway local up --help"),
        (
            ("images", "verify", "x:1", "--env", "FOO"),
            "--env: 'FOO'; write it such as MIGRATE_ON_START=true",
            "slipway images verify --help",
        ),
        (
            ("images", "verify", "x:1", "--env", "=1"),
            "--env: '=1'; write it such as MIGRATE_ON_START=true",
            "slipway images verify --help",
        ),
    ],
)
def test_a_wrong_command_line_is_named_with_the_help_to_read(slipway, words, message, next_command):
    status, out, err = slipway(*words)
    assert (status, out) == (2, "")
    assert message in err
    assert err.endswith(f"\nrun `{next_command}`\n")
    status, out, err = slipway(*words, "--json")
    facts = json.loads(out)
    assert (status, facts["status"], facts["next"], err) == (2, 2, next_command, "")
    assert message in facts["error"]


def test_the_installed_program_is_this_command_line():
    done = subprocess.run([PROGRAM, "stack", "--help"], capture_output=True, text=True, check=True)
    assert "promote" in done.stdout


PRINTS_MUCH = """
import sys
from delivery.outcome import Report
from slipway.execution import execute, run

class Command:
    def main(self, *_, **__):
        return run(lambda: [print(number) for number in range(100_000)] and Report(), as_json=False)

sys.exit(execute(Command(), []))
"""


def test_a_reader_who_has_enough_is_no_error(tmp_path):
    (tmp_path / "much.py").write_text(PRINTS_MUCH)
    line = f"{sys.executable} {tmp_path}/much.py | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("0\n0\n", "")


def test_an_alias_of_the_repository_runs_its_command(tmp_path, monkeypatch, capsys):
    (tmp_path / "pyproject.toml").write_text("[tool.slipway.aliases]\ncalm = 'config show --key services'\n")
    monkeypatch.chdir(tmp_path)
    assert main(["calm", "--help"]) == 0
    assert "slipway config show" in capsys.readouterr().out
