"""The application and its server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from limits import parse

from app.migrate import MIGRATIONS
from app.passwords import Passwords
from app.routes import sessions, todos, users
from app.settings import BackendSettings
from app.views import LARGEST_BODY
from chassis.application import new_application
from chassis.rate_limit import RateLimit
from chassis.server import serve


def create_app(settings: BackendSettings) -> FastAPI:
    """The application; nothing of it is shared with another."""
    app = new_application(
        "backend", settings, MIGRATIONS, title="Todos", during=_close_limits, largest_body=LARGEST_BODY
    )
    seconds = settings.dependency_seconds
    app.state.passwords = Passwords()
    app.state.sign_in_limit = RateLimit("backend", settings.redis, parse(settings.sign_in_limit), seconds)
    app.state.sign_up_limit = RateLimit("backend", settings.redis, parse(settings.sign_up_limit), seconds)
    if settings.redis:  # not needed to answer: /health tells, and readiness does not
        app.state.checks["redis"] = app.state.sign_in_limit.trouble
    for routes in (users, sessions, todos):
        app.include_router(routes.router)
    return app


@asynccontextmanager
async def _close_limits(app: FastAPI) -> AsyncIterator[None]:
    yield
    for limit in (app.state.sign_in_limit, app.state.sign_up_limit):
        await limit.close()


def main() -> None:
    """Serve until SIGTERM, then finish what was begun."""
    settings = BackendSettings()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
