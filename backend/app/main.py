"""The application and its server."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from app import health, problems
from app.database import Database
from app.migrate import migrate
from app.observation import Metrics, Observation, configure_logging
from app.routes import todos
from app.settings import Settings

FAREWELL_SECONDS = 3.0  # in which clients that keep a connection are told, with an answer, that it ends
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


def create_app(settings: Settings) -> FastAPI:
    """The application; nothing of it is shared with another."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database: Database = app.state.database
        if settings.migrate_on_start:
            await migrate(database)
        yield
        await database.close()

    app = FastAPI(title="Todos", lifespan=lifespan)
    app.state.settings = settings
    app.state.database = Database(settings.database_url)
    app.state.metrics = Metrics("backend", settings.release_sha)
    app.state.started = time.monotonic()
    app.state.draining = threading.Event()
    app.add_middleware(Observation, metrics=app.state.metrics, draining=app.state.draining)
    problems.install(app)
    app.include_router(health.router)
    app.include_router(todos.router)
    return app


def main() -> None:
    """Serve until SIGTERM, then finish what was begun."""
    settings = Settings()
    configure_logging(settings.log_level)
    config = uvicorn.Config(
        create_app(settings),
        host="0.0.0.0",  # noqa: S104 - a container's own network  # nosec B104
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    Server(config).run()


if __name__ == "__main__":
    main()
