import sys

import pytest

from perf.command import RunError, run


def test_output_of_a_program_in_a_folder(tmp_path):
    program = "import os, sys; print(os.getcwd(), os.environ['EXTRA'], sys.stdin.read())"
    assert run([sys.executable, "-c", program], tmp_path, {"EXTRA": "x"}, "in") == f"{tmp_path} x in\n"


def test_failure_has_command_status_and_output(tmp_path):
    with pytest.raises(RunError) as caught:
        run([sys.executable, "-c", "import sys; sys.exit('reason')"], tmp_path)
    assert "status 1" in str(caught.value)
    assert "reason" in str(caught.value)


def test_makes_own_flags_are_not_passed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("MAKEFLAGS", "-j8")
    assert run([sys.executable, "-c", "import os; print('MAKEFLAGS' in os.environ)"], tmp_path) == "False\n"
