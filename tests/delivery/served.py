"""An ASGI application on a loopback port, for as long as a test needs it.

To start and to end a server takes longer than most tests do: those without TLS are used again.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import uvicorn


class _Server:
    def __init__(self, **options):
        self.app = None
        config = uvicorn.Config(
            self._answer,
            host="127.0.0.1",
            port=0,
            log_level="error",
            lifespan="off",
            server_header=False,
            interface="asgi3",
            **options,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        deadline = time.monotonic() + 10
        while not self.server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"{'https' if options else 'http'}://127.0.0.1:{port}"

    async def _answer(self, scope, receive, send):
        await self.app(scope, receive, send)

    def end(self):
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(10)


_idle: list[_Server] = []


@contextmanager
def served(app, **options):
    """Serve an application, with uvicorn's options; yields its URL."""
    server = _Server(**options) if options or not _idle else _idle.pop()
    server.app = app
    try:
        yield server.url
    finally:
        if options:
            server.end()
        else:
            _idle.append(server)


def end_all():
    while _idle:
        _idle.pop().end()


@contextmanager
def serve(service):
    """Serve the `app()` of a fake service, and give it its `url`."""
    with served(service.app()) as url:
        service.url = url
        yield service
