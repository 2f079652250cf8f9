from __future__ import annotations

import signal
import time

from localcloud.interruption import interruptible
from localcloud.machine.command import Commands


def test_interrupt_inside_a_lock_ends_programs(instance):
    """The main thread holds the lock that `cancel` needs; a handler that waited for it would never return."""
    commands = Commands()
    with interruptible(commands):
        with commands._lock:
            signal.raise_signal(signal.SIGINT)
        deadline = time.monotonic() + 5
        while not commands.cancelled.is_set():
            assert time.monotonic() < deadline
            time.sleep(0.01)
