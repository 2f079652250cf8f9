"""Valkey, or Redis: TEST_REDIS_URL's, or Debian's on a port of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time

import pytest
from bare.packages import REDIS, require
from databases.ports import free_port

READY_SECONDS = 10


@pytest.fixture(scope="session")
def valkey():
    """The URL of a real server with nothing in it that matters."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    with started(free_port()) as url:
        yield url


class started:  # noqa: N801 - used as a context manager, as a function would be
    """A server of this test's own on a port, in memory alone; it may be stopped and started again."""

    def __init__(self, port, tls=None):
        self.port = port
        self.tls = tls  # the paths of a certificate for localhost and of its key
        self.process = None

    def __enter__(self):
        program = require(REDIS)
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        if self.tls:
            files = ["--tls-cert-file", self.tls[0], "--tls-key-file", self.tls[1], "--tls-ca-cert-file", self.tls[0]]
            options += ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no", *map(str, files)]
        else:
            options += ["--port", str(self.port)]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, cwd="/tmp")
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return f"rediss://localhost:{self.port}/0" if self.tls else f"redis://127.0.0.1:{self.port}/0"
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
