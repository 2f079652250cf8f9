"""The application and its server."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from app import health, problems
from app.database import Database
from app.migrate import migrate
from app.observation import Metrics, Observation, configure_logging
from app.routes import todos
from app.settings import Settings

DRAIN_SECONDS = 30  # under the chart's terminationGracePeriodSeconds less its drainSeconds


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
    app.add_middleware(Observation, metrics=app.state.metrics)
    problems.install(app)
    app.include_router(health.router)
    app.include_router(todos.router)
    return app


def main() -> None:
    """Serve until SIGTERM, then finish what was begun."""
    settings = Settings()
    configure_logging(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host="0.0.0.0",  # noqa: S104 - a container's own network
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


if __name__ == "__main__":
    main()
