"""The application: one account, its gate, and every noun's routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from localcloud.api import gate, reconcilers
from localcloud.api.account import Account
from localcloud.api.backends import Backends
from localcloud.api.faults import Faults
from localcloud.api.jobs import Jobs
from localcloud.api.limits import Limits
from localcloud.api.replies import ApiError
from localcloud.api.routes import (
    account as account_routes,
)
from localcloud.api.routes import (
    certificates,
    cluster_access,
    cluster_actions,
    clusters,
    database_logsinks,
    database_parts,
    database_settings,
    databases,
    domain_records,
    domains,
    droplets,
    firewalls,
    load_balancers,
    monitoring,
    node_pools,
    projects,
    registries,
    registry_contents,
    uptime,
    versions,
    volumes,
    vpcs,
)
from localcloud.api.store import Store
from localcloud.api.tokens import Tokens

SETTLE_SECONDS = 0.5
NOUNS = (
    account_routes, vpcs, versions, cluster_actions, clusters, node_pools, cluster_access, droplets, volumes,
    registries, registry_contents, projects, domain_records, domains, certificates, load_balancers, databases,
    database_settings, database_parts, database_logsinks, uptime, monitoring, firewalls,
)  # fmt: skip


def create_application(
    *,
    state: Path,
    token: str,
    credentials: Path,
    registry_url: str,
    backends: Backends | None = None,
    settle_seconds: float = SETTLE_SECONDS,
) -> FastAPI:
    """The emulated API.

    Args:
        state: the folder of its database.
        token: of the account's owner, who may do everything.
        credentials: JSON file of the cluster's credentials, where there is no backend for clusters.
        registry_url: of the OCI registry that holds the images, where there is no backend for logins.
        backends: the real services behind it; without one, it only keeps records of that kind.
        settle_seconds: how long a resource stays in a transitional state at the least.
    """
    store, faults = Store(state / "api.sqlite"), Faults()
    jobs, limits, tokens = Jobs(store, settle_seconds), Limits(store), Tokens(store, token)
    guard = gate.Gate(tokens, limits, faults)
    account = Account(
        store=store,
        jobs=jobs,
        limits=limits,
        backends=backends or Backends(),
        credentials=credentials,
        registry_url=registry_url,
    )
    reconcilers.register(account)
    jobs.resume()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        jobs.close()

    app = FastAPI(redirect_slashes=False, openapi_url=None, dependencies=[Depends(guard.check)], lifespan=lifespan)
    app.state.store, app.state.jobs = store, jobs
    app.middleware("http")(guard.pass_through)
    app.add_exception_handler(ApiError, gate.api_error)
    app.add_exception_handler(HTTPException, gate.http_error)
    app.add_exception_handler(RequestValidationError, gate.invalid)
    app.get(gate.HEALTH)(_health)
    for router in (faults.router(), limits.router(), tokens.router(), *(module.router(account) for module in NOUNS)):
        app.include_router(router)
    return app


async def _health() -> dict[str, Any]:
    return {"status": "ok"}
