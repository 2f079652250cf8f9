"""Routes for liveness, readiness, health, version and metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from chassis.database import Database
from chassis.migrations import Migrations
from chassis.problems import problem

router = APIRouter(tags=["health"])

# Returns why an optional dependency does not answer, in words fit for the public, or None if it answers.
Check = Callable[[], Awaitable[str | None]]


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The process answers. Never the database: a restart does not fix that one."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The database answers, its schema is one this version knows or a later one, and the process is not ending."""
    reason = "the service is ending" if request.app.state.draining.is_set() else await _find_problem(request)
    if reason is not None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, reason)
    return Response('{"status":"ok"}', media_type="application/json")


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """A summary for people and for docker compose; 200 as long as the process answers."""
    checks: dict[str, Check] = {"database": lambda: _find_problem(request), **request.app.state.checks}
    reasons = dict(zip(checks, await asyncio.gather(*(check() for check in checks.values())), strict=True))
    return {
        "status": "degraded" if any(reasons.values()) else "ok",
        **{name: reason or "ok" for name, reason in reasons.items()},
        "uptime_seconds": round(time.monotonic() - request.app.state.started, 1),
        **_describe_release(request),
    }


@router.get("/version")
async def version(request: Request) -> dict[str, str]:
    return _describe_release(request)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Metrics for scrapers inside the cluster; a request that came through the gateway (helm/service) gets 404."""
    if "x-forwarded-host" in request.headers:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _describe_release(request: Request) -> dict[str, str]:
    return {"service": request.app.state.service, "sha": request.app.state.settings.release_sha}


async def _find_problem(request: Request) -> str | None:
    """Why the service cannot serve requests, in words fit for the public, or None if it can."""
    database: Database = request.app.state.database
    try:
        async with asyncio.timeout(request.app.state.settings.database_seconds):
            version = await database.schema_version()
    except TimeoutError:
        return "the database does not answer in time"
    except (SQLAlchemyError, OSError) as error:
        return f"the database does not answer or has no schema ({type(error).__name__})"
    migrations: Migrations = request.app.state.migrations
    return migrations.describe_missing(version)
