from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from localcloud.machine.command import Cancelled, CommandError, Commands


def test_output_is_returned_logged_and_handed_over_line_by_line(commands, tmp_path):
    lines: list[str] = []
    log = tmp_path / "logs" / "x.log"
    out = commands.run(["sh", "-c", "echo one; echo two >&2"], log=log, on_line=lines.append)
    assert out == "one\ntwo\n"
    assert lines == ["one\n", "two\n"]
    assert log.read_text() == "$ sh -c 'echo one; echo two >&2'\none\ntwo\n"


def test_a_failure_names_the_status_the_log_and_the_last_lines_only(commands, tmp_path):
    with pytest.raises(CommandError) as caught:
        commands.run(["sh", "-c", "seq 100; exit 7"], log=tmp_path / "x.log")
    text = str(caught.value)
    assert "ended with status 7" in text
    assert str(tmp_path / "x.log") in text
    assert "    100" in text
    assert "    85\n" not in text


def test_a_program_that_does_not_exist_is_named(commands, tmp_path):
    with pytest.raises(CommandError, match="cannot start no-such-program: No such file"):
        commands.run(["no-such-program"], log=tmp_path / "x.log")


def test_input_and_both_environments_reach_the_program(tmp_path):
    commands = Commands({"EVERY": "all"})
    out = commands.run(
        ["sh", "-c", 'cat; echo "$EVERY $ONE"'], log=tmp_path / "x.log", stdin="in\n", environment={"ONE": "one"}
    )
    assert out == "in\nall one\n"


def test_cancel_ends_the_whole_tree_and_nothing_starts_after_it(commands, tmp_path):
    pid_file = tmp_path / "pid"
    failures: list[BaseException] = []

    def run() -> None:
        try:
            commands.run(["sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait"], log=tmp_path / "x.log")
        except BaseException as error:  # noqa: BLE001 - it is what the test is about
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 10
    while not (pid_file.exists() and pid_file.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.01)
    commands.cancel()
    thread.join(10)
    assert isinstance(failures[0], Cancelled)
    with pytest.raises(ProcessLookupError):
        _reaped(int(pid_file.read_text()))
    with pytest.raises(Cancelled):
        commands.run(["true"], log=tmp_path / "x.log")


def _reaped(pid: int) -> None:
    """Raise ProcessLookupError once the process is gone, or fail by returning after five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        os.kill(pid, 0)
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":  # dead; its new parent has not looked yet
            raise ProcessLookupError
        time.sleep(0.01)
