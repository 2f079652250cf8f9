"""The server process of a service."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import uvicorn
from fastapi import FastAPI

from chassis.settings import ServiceSettings
from chassis.telemetry import configure_logging

FAREWELL_SECONDS = 3.0  # in which clients that keep a connection get an answer that closes it
DRAIN_SECONDS = 30  # with the farewell, under the chart's terminationGracePeriodSeconds less its drainSeconds


class Server(uvicorn.Server):
    """Ends without cutting a kept connection under a request that is on its way.

    uvicorn closes idle connections at once on SIGTERM, and a client that was just about to use one sees a reset. Here
    answers say `Connection: close` first, for FAREWELL_SECONDS; only then does uvicorn's own end begin.
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
    """Serve until SIGTERM, then finish what was begun."""
    configure_logging(settings.log_level)
    config = uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104 - a container's own network  # nosec B104
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the application reads them, as it knows whom to believe
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    Server(config).run()
