"""The emulated DigitalOcean API serves one account, and holds or fails a request where a test asks for it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx
from starlette.responses import Response

from localcloud.api.application import create_application

TOKEN = "dop_v1_" + "5e" * 32


class Cloud:
    """The account's API, which takes TOKEN."""

    def __init__(self, folder: Path) -> None:
        (folder / "credentials.json").write_text("{}")
        self._app = create_application(
            state=folder / "state",
            token=TOKEN,
            credentials=folder / "credentials.json",
            registry_url="http://127.0.0.1:9",
        )
        self._held: str | None = None
        self._arrived = threading.Event()
        self.url = ""

    async def app(self, scope, receive, send):
        """Serve; a held request never gets an answer, nor does the cloud get it."""
        if scope["type"] == "http" and scope["method"] == self._held:
            self._arrived.set()
            while self._held:  # noqa: ASYNC110 - set by another thread
                await asyncio.sleep(0.05)
            await Response(status_code=503)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    @contextmanager
    def hold(self, method: str):
        """Hold requests of a method; yields a function that waits for the first."""
        self._arrived.clear()
        self._held = method
        try:
            yield lambda: self._arrived.wait(60)
        finally:
            self._held = None

    def do(self, method: str, path: str, body: object = None) -> dict:
        reply = httpx.request(
            method, f"{self.url}{path}", json=body, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
        )
        assert reply.is_success, reply.text
        return reply.json() if reply.content else {}

    def networks(self) -> dict[str, dict]:
        return {vpc["name"]: vpc for vpc in self.do("GET", "/v2/vpcs")["vpcs"]}

    def fail(self, method: str, path: str) -> None:
        """Have the next request fail for good."""
        self.do("POST", "/_emulator/faults", {"method": method, "path": path, "status": 422, "times": 1})
