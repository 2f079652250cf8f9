from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from localcloud.machine.command import CancelledError
from localcloud.machine.locks import LockedError, exclusive, exclusive_or_refuse

HOLD = """
import sys, time
from pathlib import Path
from localcloud.machine.locks import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def holder(tmp_path):
    """Starts a process that holds a lock for some seconds."""
    started = []

    def start(seconds):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, tmp_path / "lock", str(seconds)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "held\n"
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_wait_names_the_holder_once(tmp_path, holder):
    process, said = holder(0.8), []
    with exclusive(tmp_path / "lock", announce=said.append):
        assert process.wait(timeout=5) == 0
    assert said == [f"waiting for process {process.pid}, which holds {tmp_path}/lock"]


def test_lock_of_a_killed_process_is_free(tmp_path, holder):
    holder(60).kill()
    with exclusive(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_wait_ends_on_cancel(tmp_path, holder):
    holder(60)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    begin = time.monotonic()
    with pytest.raises(CancelledError), exclusive(tmp_path / "lock", announce=lambda _: None, cancelled=stop):
        pass
    assert time.monotonic() - begin < 5


def test_second_holder_is_refused(tmp_path, holder):
    process = holder(60)
    with (
        pytest.raises(LockedError, match=f"process {process.pid} works on slipway-0: wait for it"),
        exclusive_or_refuse(tmp_path / "lock", "slipway-0"),
    ):
        pass
