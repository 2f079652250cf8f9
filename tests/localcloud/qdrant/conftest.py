"""The real server in a process of its own, and the real client."""

from __future__ import annotations

import asyncio
import signal

import pytest
from databases.ports import free_port
from databases.qdrant import API_KEY, running
from qdrant_client import AsyncQdrantClient


class Server:
    """A server on a folder; it may be ended and started again on the same port."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self._running = running(self.port, self.folder)
        self.process = self._running.__enter__()

    def end(self, number=signal.SIGKILL, seconds=5):
        """Its exit code; fails when the process outlives its time."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def close(self):
        self._running.__exit__(None, None, None)

    def use(self, work, api_key=API_KEY):
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
def server(tmp_path):
    made = Server(tmp_path)
    yield made
    made.close()
