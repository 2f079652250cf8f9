from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from localcloud.machine.command import CancelledError
from localcloud.screen import HEARTBEAT_SECONDS, Screen, duration
from localcloud.steps import Progress, Step


def running(seconds: float, expected: float = 60) -> Progress:
    step = Step(name="compile Kubernetes", work=lambda _: None)
    return Progress(step, expected, started=time.monotonic() - seconds)


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=120)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4 s"), (9.96, "10.0 s"), (12.3, "12 s"), (200, "3 min 20 s"), (60, "1 min 00 s")]
)
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text


def test_log_gets_a_line_and_then_heartbeats():
    screen = Screen(console())
    progress = running(1)
    screen.started(progress)
    screen.tick([progress], 60)
    assert screen.console.file.getvalue() == ""
    progress.started -= 2
    screen.tick([progress], 60)
    screen.tick([progress], 60)
    assert screen.console.file.getvalue().count("compile Kubernetes  3.0 s, 57 s left") == 1
    progress.started -= HEARTBEAT_SECONDS + 1
    screen.tick([progress], 60)
    assert screen.console.file.getvalue().count("compile Kubernetes") == 2


def test_a_step_over_its_expected_time_says_so():
    screen = Screen(console())
    progress = running(90)
    screen.started(progress)
    screen.tick([progress], 0)
    assert screen.console.file.getvalue() == "… compile Kubernetes  1 min 30 s, longer than expected\n"


def test_end_of_a_step_has_result_and_duration():
    screen = Screen(console())
    done, failed = running(3), running(3)
    done(note="from the cache")
    for progress in (done, failed):
        progress.ended = progress.started + 3
    screen.ended(done, None)
    screen.ended(failed, RuntimeError("no"))
    assert screen.console.file.getvalue().splitlines() == [
        "✓ compile Kubernetes  3.0 s  (from the cache)",
        "✗ compile Kubernetes  3.0 s",
    ]


def test_cancelled_step_is_no_failure():
    screen = Screen(console())
    screen.ended(running(3), CancelledError())
    assert screen.console.file.getvalue() == ""


def test_terminal_shows_steps_and_time_left():
    with Screen(console(terminal=True)) as screen:
        progress = running(30)
        progress(done=0.5)
        screen.started(progress)
        screen.tick([progress], 95)
        text = screen.console.file.getvalue()
    assert "compile Kubernetes 50%" in text
    assert "about 1 min 35 s to go" in text
