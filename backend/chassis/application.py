"""The application of a service, before its own routes."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from http import HTTPStatus

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from chassis import health, problems
from chassis.body_limit import LARGEST_BODY, BodyLimit
from chassis.cross_origin import CrossOriginProtection
from chassis.database import Database
from chassis.migrations import Migrations
from chassis.settings import ServiceSettings
from chassis.telemetry import Metrics, Observation
from chassis.tracing import OFF, new_traces

# Who may say for whom a request is made (X-Forwarded-For, X-Forwarded-Proto): the load balancer, the gateway and the
# web app's server, which all have private addresses. The client is the last address of the chain that is not private;
# what a client itself wrote stands before its own address, and is not believed.
PROXIES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1"]

# What every route may answer beside its own statuses.
DOCUMENTED = problems.problem_responses(HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)

During = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def new_application(
    service: str,
    settings: ServiceSettings,
    migrations: Migrations,
    *,
    title: str,
    during: During = lambda _: nullcontext(),
    largest_body: int = LARGEST_BODY,
) -> FastAPI:
    """An application with errors as problems, telemetry, health and a database; nothing of it is shared.

    Args:
        service: its name in the stack file.
        during: what else is open while it runs, entered once the database is migrated.
        largest_body: of a request, in bytes.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database: Database = app.state.database
        if settings.migrate_on_start:
            await migrations.migrate(settings.database_url)
        async with during(app):
            yield
        await database.close()
        if traces:
            await traces.close()

    traces = new_traces(service, settings)
    # A redirect to the path without its last slash would name a URL without the prefix that a proxy removed (`/api`).
    app = FastAPI(
        title=title,
        lifespan=lifespan,
        redirect_slashes=False,
        responses=DOCUMENTED,
        telemetry=traces.requests if traces else OFF,
    )
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
    app.add_middleware(BodyLimit, largest=largest_body)
    app.add_middleware(CrossOriginProtection)
    app.add_middleware(Observation, metrics=app.state.metrics, draining=app.state.draining)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=PROXIES)
    problems.install(app)
    app.include_router(health.router)
    return app
