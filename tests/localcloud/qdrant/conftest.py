"""The real server in a process of its own, and the real client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

REPOSITORY = Path(__file__).parents[3]
KEY = "only-for-this-test"
START = 20  # seconds


class Server:
    """A server on a folder; it may be stopped and started again on the same port."""

    def __init__(self, storage):
        self.storage = storage
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = KEY
        self.process = None

    def start(self, **more):
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("QDRANT__")},
            "QDRANT__SERVICE__HOST": "127.0.0.1",
            "QDRANT__SERVICE__HTTP_PORT": str(self.port),
            "QDRANT__SERVICE__API_KEY": KEY,
            "QDRANT__STORAGE__STORAGE_PATH": str(self.storage),
            **more,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "localcloud.qdrant"],
            cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        return self

    def ready(self):
        deadline = time.monotonic() + START
        while True:
            assert self.process.poll() is None, self.process.stdout.read()
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=1) as reply:
                    assert reply.status == 200
                return self
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.05)

    def end(self, number=signal.SIGKILL, seconds=5):
        """Its exit code; fails when the process outlives its time."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(5)
            self.process.stdout.close()

    def use(self, work, api_key=KEY):
        """What `await work(client)` returns."""

        async def run():
            # its check of versions runs in a thread that may outlive the server; a test makes it by hand
            client = AsyncQdrantClient(
                url=self.url, api_key=api_key, prefer_grpc=False, timeout=20, check_compatibility=False
            )
            try:
                return await work(client)
            finally:
                await client.close()

        return asyncio.run(run())


@pytest.fixture
def stopped(tmp_path):
    made = Server(tmp_path / "storage")
    yield made
    made.close()


@pytest.fixture
def server(stopped):
    return stopped.start().ready()
