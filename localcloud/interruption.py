"""Ctrl-C and SIGTERM while programs run."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

from localcloud.machine.command import Commands


@contextlib.contextmanager
def interruptible(commands: Commands) -> Iterator[None]:
    """On Ctrl-C or SIGTERM end the running programs and raise `CancelledError`; on a second one kill them at once.

    The handler only writes a byte: it runs in the middle of whatever the main thread does, and could wait for a lock
    that this thread holds. A thread of its own does the rest.
    """
    reader, writer = socket.socketpair()

    def watch() -> None:
        while reader.recv(1):
            # One thread for each signal: the second must not wait for the first one's grace.
            threading.Thread(target=commands.cancel, daemon=True).start()

    def stop(*_: object) -> None:
        writer.send(b".")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        writer.close()  # the thread reads the end
        watcher.join()
        reader.close()
