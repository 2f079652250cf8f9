"""The application and its server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from app.migrate import MIGRATIONS
from app.passwords import Passwords, TooManyPasswordsError
from app.routes import sessions, todos, users
from app.settings import BackendSettings
from app.views import LARGEST_BODY
from chassis.application import new_application
from chassis.problems import RETRY_SECONDS, problem
from chassis.rate_limit import RateLimit
from chassis.server import serve


def create_app(settings: BackendSettings) -> FastAPI:
    """Create an application that shares no state with another one."""
    app = new_application(
        "backend", settings, MIGRATIONS, title="Todos", resources=_close_limits, largest_body=LARGEST_BODY
    )
    seconds = settings.dependency_seconds
    app.state.passwords = Passwords()
    app.state.sign_in_limit = RateLimit("backend", settings.redis, settings.sign_in_limit, seconds)
    app.state.sign_up_limit = RateLimit("backend", settings.redis, settings.sign_up_limit, seconds)
    if settings.redis:  # optional: reported by /health, and no part of readiness
        app.state.checks["redis"] = app.state.sign_in_limit.find_problem
    app.add_exception_handler(TooManyPasswordsError, _refuse_password)
    for routes in (users, sessions, todos):
        app.include_router(routes.router)
    return app


async def _refuse_password(_: Request, __: Exception) -> JSONResponse:
    detail = "too many people sign in just now; try again"
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": str(RETRY_SECONDS)})


@asynccontextmanager
async def _close_limits(app: FastAPI) -> AsyncIterator[None]:
    yield
    for limit in (app.state.sign_in_limit, app.state.sign_up_limit):
        await limit.close()


def main() -> None:
    """Serve until SIGTERM, then finish the requests in progress."""
    settings = BackendSettings()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
