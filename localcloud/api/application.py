"""The application: who may ask, what is counted, and every noun's routes."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from localcloud.api.faults import Faults
from localcloud.api.replies import ApiError, new_id
from localcloud.api.routes import account, databases, domains, kubernetes, projects, registry, watching
from localcloud.api.routes.vpcs import VPCS
from localcloud.api.store import Store

HOURLY_LIMIT = 5000  # of DigitalOcean's API, for each token
HEALTH = "/_emulator/health"


def create_application(*, state: Path, token: str, credentials: Path, registry_url: str) -> FastAPI:
    """The emulated API.

    Args:
        state: the folder of its database.
        token: what `Authorization: Bearer` must say.
        credentials: JSON file of the cluster's credentials; see routes.kubernetes.
        registry_url: of the OCI registry that holds the images.
    """
    app = FastAPI(redirect_slashes=False, openapi_url=None)
    store, faults = Store(state / "api.sqlite"), Faults()
    app.state.store = store
    app.middleware("http")(_gate(token, faults))
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.get(HEALTH)(_health)
    for router in (
        faults.router(),
        account.router(store),
        VPCS.routes(store),
        kubernetes.router(store, credentials),
        registry.router(store, registry_url),
        projects.router(store),
        domains.router(store),
        databases.router(store),
        watching.router(store),
    ):
        app.include_router(router)
    return app


async def _health() -> dict[str, str]:
    return {"status": "ok"}


def _gate(token: str, faults: Faults) -> Callable[..., Awaitable[Response]]:
    """Middleware: authentication, planned faults, the hourly limit's headers, request ids."""
    hours: dict[int, int] = {}

    async def gate(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        request.state.request_id = new_id()
        hour = int(time.time()) // 3600
        hours[hour] = hours.get(hour, 0) + 1
        try:
            if request.url.path != HEALTH:
                _authorize(request, token)
                faults.raise_planned(request)
            response = await call_next(request)
        except ApiError as error:
            response = await _api_error(request, error)
        except Exception as error:
            logging.getLogger(__name__).exception("the emulator failed")
            failure = ApiError(501, f"the emulator failed: {type(error).__name__}: {error}")
            response = await _api_error(request, failure)
        faults.record(request, response.status_code)
        response.headers["x-request-id"] = request.state.request_id
        response.headers["ratelimit-limit"] = str(HOURLY_LIMIT)
        response.headers["ratelimit-remaining"] = str(max(HOURLY_LIMIT - hours[hour], 0))
        response.headers["ratelimit-reset"] = str((hour + 1) * 3600)
        return response

    return gate


def _authorize(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not hmac.compare_digest(given.encode(), token.encode()):
        raise ApiError(401, "Unable to authenticate you")


async def _api_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse(error.body(request.state.request_id), error.status, error.headers)


async def _http_error(request: Request, error: Exception) -> Response:
    """A route or method that is not emulated is 501: the provider takes that as final, and tries no more."""
    if not isinstance(error, HTTPException):
        raise error
    message = f"{request.method} {request.url.path} is not emulated"
    return await _api_error(request, ApiError(HTTPStatus.NOT_IMPLEMENTED, message))


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    return await _api_error(request, ApiError(422, f"{first['loc'][-1]}: {first['msg']}"))
