"""The table of Debian packages, and what a person reads where one is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from bare import packages
from bare.packages import PACKAGES, PGBOUNCER, POSTGRESQL, REDIS, SUITES, MissingProgramError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A Debian machine with apt-get and no other program; it notes what is run, and `statuses` are the answers."""
    made = SimpleNamespace(user=0, programs={"apt-get"}, calls=[], statuses=[])

    def run(command):
        made.calls.append(" ".join(command))
        return subprocess.CompletedProcess(
            command, made.statuses.pop(0) if made.statuses else 0, "E: no such package\n"
        )

    monkeypatch.setattr(packages.shutil, "which", lambda name, path=None: name if name in made.programs else None)
    monkeypatch.setattr(packages, "glob", lambda pattern: [])
    monkeypatch.setattr(packages, "_run", run)
    monkeypatch.setattr(packages, "_name", lambda package: package.name)
    monkeypatch.setattr(packages, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(packages, "_lock", lambda: packages._keep_services_stopped([]))
    monkeypatch.setattr(os, "geteuid", lambda: made.user)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    return made


def test_every_make_target_of_the_table_installs_its_packages():
    makefile = (ROOT / "Makefile").read_text()
    for target in PACKAGES.keys() - {"uv", "bare-root", "test-bare"}:
        assert re.search(rf"^(?:[\w-]+ )*{target}(?: [\w-]+)*: (tools|packages\b)", makefile, re.MULTILINE), target


def test_make_test_runs_every_suite_of_the_table():
    makefile = (ROOT / "Makefile").read_text()
    [line] = re.findall(r"^test: ([\w -]+) ##", makefile, re.MULTILINE)
    assert set(line.split()) == set(SUITES)


def test_root_installs_what_is_missing_at_once_and_says_so(machine, capsys):
    packages.ensure(["test-backend", "test-chatbot-backend", "lint"])
    [command] = machine.calls
    assert command.startswith("apt-get install")
    assert command.endswith(" postgresql pgbouncer redis-server")
    assert "postgresql, pgbouncer, redis-server (apt-get)" in capsys.readouterr().out


def test_a_machine_that_has_everything_is_left_alone(machine, capsys):
    machine.programs |= {"postgres", "pgbouncer"}
    packages.ensure(["test-backend"])
    assert (machine.calls, capsys.readouterr().out) == ([], "")


def test_package_lists_are_fetched_only_for_a_package_not_found(machine):
    machine.statuses = [100, 0, 0]
    packages.ensure(["test-backend"])
    assert [call.split()[1] for call in machine.calls] == ["install", "update", "install"]


def test_an_installation_that_fails_ends_with_the_last_lines_of_apt(machine):
    machine.statuses = [100, 0, 100]
    with pytest.raises(MissingProgramError, match="E: no such package"):
        packages.ensure(["test-backend"])
    assert not packages.POLICY.exists()


def test_no_service_starts_while_packages_are_installed(machine, monkeypatch):
    seen = []
    monkeypatch.setattr(
        packages, "_run", lambda command: seen.append(packages.POLICY.read_text()) or SimpleNamespace(returncode=0)
    )
    packages.ensure(["test-backend"])
    assert seen[0].endswith("exit 101\n")
    assert not packages.POLICY.exists()


def test_without_root_the_command_to_run_is_printed(machine):
    machine.user = 1000
    machine.programs.add("sudo")
    with pytest.raises(MissingProgramError) as caught:
        packages.ensure(["test-chatbot-backend"])
    assert "sudo apt-get install --yes --no-install-recommends postgresql redis-server" in str(caught.value)
    assert machine.calls == []


def test_without_apt_the_packages_are_named(machine):
    machine.programs.clear()
    with pytest.raises(MissingProgramError, match="needs postgresql, pgbouncer.*there is no apt-get"):
        packages.ensure(["test-backend"])


def test_on_a_mac_the_suites_that_run_there_are_named(machine, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(MissingProgramError, match="test-localcloud needs Linux.*make test-program test-delivery"):
        packages.ensure(["test"])
    machine.programs |= {"postgres", "pgbouncer"}
    packages.ensure(["test-backend"])


def test_a_server_that_the_environment_names_needs_no_package(machine, monkeypatch):
    assert REDIS.is_missing()
    monkeypatch.setenv("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
    assert not REDIS.is_missing()


def test_a_test_whose_program_is_missing_fails_with_the_command(machine):
    with pytest.raises(MissingProgramError, match="pgbouncer is missing; run:\n.*apt-get install .*pgbouncer"):
        packages.require(PGBOUNCER)


def test_a_program_outside_path_is_found(monkeypatch, tmp_path):
    program = tmp_path / "15/bin/postgres"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setattr(packages.shutil, "which", lambda name, path=None: None)
    found = packages.Package("postgresql", (f"{tmp_path}/*/bin/postgres",))
    assert packages.require(found) == str(program)
    assert POSTGRESQL.programs[0].startswith("/usr/lib/postgresql/")


def test_the_script_runs_without_any_package_installed():
    command = [sys.executable, "-I", "-S", str(ROOT / "tests/bare/packages.py"), "lint"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
