"""Create a service's application, before its own routes are added."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from chassis import health, problems
from chassis.body_limit import DEFAULT_LARGEST_BODY, BodyLimit
from chassis.cross_origin import CrossOriginProtection
from chassis.database import Database
from chassis.migrations import Migrations
from chassis.settings import ServiceSettings
from chassis.telemetry import Metrics, TelemetryMiddleware
from chassis.tracing import OFF, new_traces

if TYPE_CHECKING:
    from chassis.traces import Traces  # imported at run time only where a collector is named

# Proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted: the load balancer, the gateway and the web app's
# server, which all have private addresses. The client is the last address of the chain that is not private; whatever
# the client itself wrote stands before that, and is ignored.
PROXIES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1"]

# What every route may answer, in addition to its own statuses.
COMMON_RESPONSES = problems.problem_responses(HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)

Resources = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def new_application(
    service: str,
    settings: ServiceSettings,
    migrations: Migrations,
    *,
    title: str,
    resources: Resources = lambda _: nullcontext(),
    largest_body: int = DEFAULT_LARGEST_BODY,
) -> FastAPI:
    """Create an application with errors as problems, telemetry, health and a database, which shares no state.

    Args:
        service: its name in the stack file.
        resources: what else to open at start, once the database is migrated, and to close at the end.
        largest_body: of a request, in bytes.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database: Database = app.state.database
        if settings.migrate_on_start:
            await migrations.migrate(settings.database_url)
        async with resources(app):
            yield
        await database.close()
        if traces:
            await traces.close()

    traces = new_traces(service, settings)
    # Redirects of trailing slashes are off: their URL would lack the prefix that a proxy removed (`/api`).
    app = FastAPI(
        title=title,
        lifespan=lifespan,
        redirect_slashes=False,
        responses=COMMON_RESPONSES,
        telemetry=traces.requests if traces else OFF,
    )
    _set_state(app, service, settings, migrations, traces)
    _add_middleware(app, largest_body)
    problems.install(app)
    app.include_router(health.router)
    return app


def _set_state(
    app: FastAPI, service: str, settings: ServiceSettings, migrations: Migrations, traces: Traces | None
) -> None:
    """What routes and middleware find in `request.app.state`."""
    app.state.service = service
    app.state.settings = settings
    app.state.database = Database(settings.database_url)
    app.state.traces = traces
    if traces:
        traces.trace_statements(app.state.database.engine)
    app.state.migrations = migrations
    app.state.metrics = Metrics(service, settings.release_sha)
    app.state.started = time.monotonic()
    app.state.draining = threading.Event()
    app.state.checks = {}


def _add_middleware(app: FastAPI, largest_body: int) -> None:
    """The last one is asked first."""
    app.add_middleware(BodyLimit, largest=largest_body)
    app.add_middleware(CrossOriginProtection)
    app.add_middleware(TelemetryMiddleware, metrics=app.state.metrics, draining=app.state.draining)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=PROXIES)
