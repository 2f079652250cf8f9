"""The server process of a service."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import uvicorn
from fastapi import FastAPI

from chassis.settings import ServiceSettings
from chassis.telemetry import configure_logging

FAREWELL_SECONDS = 3.0  # time for clients with open connections to get an answer that closes them
DRAIN_SECONDS = 30  # plus the farewell, less than the chart's terminationGracePeriodSeconds minus drainSeconds


class Server(uvicorn.Server):
    """A server that shuts down without resetting connections that clients are about to use.

    On SIGTERM uvicorn closes idle connections at once, and a client that is just sending a request sees a reset. This
    server first answers with `Connection: close` for FAREWELL_SECONDS; only then does uvicorn's shutdown begin.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        draining: threading.Event = self.config.app.state.draining  # type: ignore[union-attr]
        if sig != signal.SIGTERM or draining.is_set():
            super().handle_exit(sig, frame)
            return
        draining.set()
        timer = threading.Timer(FAREWELL_SECONDS, super().handle_exit, (sig, frame))
        timer.daemon = True
        timer.start()


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve until SIGTERM, then finish the requests in progress."""
    configure_logging(settings.log_level)
    config = uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104 - a container's own network  # nosec B104
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the application reads them, as it knows the trusted proxies
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    Server(config).run()
