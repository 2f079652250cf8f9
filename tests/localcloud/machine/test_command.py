from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.machine import command
from localcloud.machine.command import CancelledError, CommandError, Commands


def test_output_is_returned_logged_and_streamed(commands, tmp_path):
    lines: list[str] = []
    log = tmp_path / "logs" / "x.log"
    out = commands.run(["sh", "-c", "echo one; echo two >&2"], log=log, on_line=lines.append)
    assert out == "one\ntwo\n"
    assert lines == ["one\n", "two\n"]
    assert log.read_text() == "$ sh -c 'echo one; echo two >&2'\none\ntwo\n"


def test_failure_has_status_log_and_last_lines(commands, tmp_path):
    with pytest.raises(CommandError) as caught:
        commands.run(["sh", "-c", "seq 100; exit 7"], log=tmp_path / "x.log")
    text = str(caught.value)
    assert "ended with status 7" in text
    assert str(tmp_path / "x.log") in text
    assert "    100" in text
    assert "    85\n" not in text


def test_missing_program_is_named(commands, tmp_path):
    with pytest.raises(CommandError, match="cannot start no-such-program: No such file"):
        commands.run(["no-such-program"], log=tmp_path / "x.log")


def test_program_gets_input_and_environment(tmp_path):
    commands = Commands({"EVERY": "all"})
    out = commands.run(
        ["sh", "-c", 'cat; echo "$EVERY $ONE"'], log=tmp_path / "x.log", stdin="in\n", environment={"ONE": "one"}
    )
    assert out == "in\nall one\n"


def test_large_input_does_not_deadlock(commands, tmp_path):
    text = "x" * 80 + "\n"
    out = commands.run(["sh", "-c", "seq 100000; cat"], log=tmp_path / "x.log", stdin=text * 10_000)
    assert out.endswith(text)


def test_program_may_ignore_its_input(commands, tmp_path):
    assert commands.run(["true"], log=tmp_path / "x.log", stdin="x" * 1_000_000) == ""
    with pytest.raises(CommandError, match="ended with status 3"):
        commands.run(["sh", "-c", "exit 3"], log=tmp_path / "x.log", stdin="x" * 1_000_000)


def test_logs_are_private_and_rotated(commands, tmp_path, monkeypatch):
    log = tmp_path / "logs/x.log"
    log.parent.mkdir()
    log.write_text("older\n")
    log.chmod(0o644)
    commands.run(["true"], log=log)
    assert log.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(command, "LOG_BYTES", 10)
    commands.run(["true"], log=log)
    assert log.read_text() == "$ true\n"
    assert (tmp_path / "logs/x.log.1").read_text() == "older\n$ true\n"


@pytest.mark.parametrize("calls", [1, 2])
def test_programs_that_ignore_sigterm_are_killed(commands, tmp_path, monkeypatch, calls):
    """One grace for all of them; the second Ctrl-C does not wait for it."""
    monkeypatch.setattr(command, "GRACE_SECONDS", 1.0 if calls == 1 else 60.0)
    stubborn = ["sh", "-c", "trap '' TERM; echo on; while true; do sleep 0.05; done"]
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(commands.run, stubborn, log=tmp_path / f"{number}.log") for number in range(3)]
        while not all((tmp_path / f"{number}.log").exists() for number in range(3)):
            time.sleep(0.01)
        time.sleep(0.5)
        begin = time.monotonic()
        for _ in range(calls):
            threading.Thread(target=commands.cancel, daemon=True).start()
            time.sleep(0.2)
        for run in runs:
            assert isinstance(run.exception(timeout=20), CancelledError)
    assert time.monotonic() - begin < 10


def test_cancel_ends_process_tree_and_blocks_new_ones(commands, tmp_path):
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
    assert isinstance(failures[0], CancelledError)
    with pytest.raises(ProcessLookupError):
        _reaped(int(pid_file.read_text()))
    with pytest.raises(CancelledError):
        commands.run(["true"], log=tmp_path / "x.log")


def _reaped(pid: int) -> None:
    """Raise ProcessLookupError once the process is gone, or fail by returning after five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        os.kill(pid, 0)
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":  # dead; its new parent has not looked yet
            raise ProcessLookupError
        time.sleep(0.01)
