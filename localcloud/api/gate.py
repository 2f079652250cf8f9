"""What every request passes before its route: token, rate limit, planned faults, scope and body."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from localcloud.api import credentials
from localcloud.api.connections import drop
from localcloud.api.descriptions import check_body
from localcloud.api.faults import DroppedConnectionError, Faults
from localcloud.api.limits import Limits
from localcloud.api.replies import ApiError, json_body, new_id
from localcloud.api.templates import generic
from localcloud.api.tokens import OWNER, Tokens

HEALTH = "/_emulator/health"
CONTROL = "/_emulator/"
DATABASES = "/v2/databases"
CLIENT_CLOSED = 499  # nginx' status for a connection without an answer, in the record of requests


class Gate:
    """The middleware of the application, and the dependency of its routes."""

    def __init__(self, tokens: Tokens, limits: Limits, faults: Faults) -> None:
        self._tokens = tokens
        self._limits = limits
        self._faults = faults

    async def pass_through(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Middleware: answer, or refuse in DigitalOcean's form."""
        request.state.request_id = new_id()
        headers: dict[str, str] = {}
        try:
            headers = self._admit(request)
            response = await self._hide_credentials(request, await call_next(request))
            self._faults.raise_planned(request, late=True)
        except DroppedConnectionError:
            self._faults.record(request, CLIENT_CLOSED)
            await drop(request.scope)
            return Response(status_code=CLIENT_CLOSED)
        except ApiError as error:
            response = await api_error(request, error)
        except Exception as error:
            logging.getLogger(__name__).exception("the emulator failed")
            failure = ApiError(501, f"the emulator failed: {type(error).__name__}: {error}")
            response = await api_error(request, failure)
        self._faults.record(request, response.status_code)
        response.headers["x-request-id"] = request.state.request_id
        response.headers.update(headers)
        return response

    async def check(self, request: Request) -> None:
        """Dependency: the token's scopes and the body fit the route.

        Raises:
            ApiError: 403, 400 or 422.
        """
        if request.url.path.startswith(CONTROL):
            return
        route = f"{request.method} {generic(request.scope['route'].path)}"
        writes = request.query_params.get("read_write") in {"true", "1"}  # a login to the registry that may push
        self._tokens.authorize(request.state.token, f"{route}?read_write=true" if writes else route)
        if request.method != "GET":
            check_body(route, await json_body(request))

    async def _hide_credentials(self, request: Request, response: Response) -> Response:
        if not request.url.path.startswith(DATABASES) or credentials.may_view(
            self._tokens.scopes(request.state.token)
        ):
            return response
        body = b"".join([chunk async for chunk in response.body_iterator])  # type: ignore[attr-defined]
        if response.headers.get("content-type") != "application/json":
            return Response(body, response.status_code, media_type=response.headers.get("content-type"))
        return JSONResponse(credentials.hide(json.loads(body)), response.status_code)

    def _admit(self, request: Request) -> dict[str, str]:
        """The headers of the rate limit.

        Raises:
            ApiError: 401, 403, 429 or a planned fault.
        """
        path = request.url.path
        if path == HEALTH:
            return {}
        request.state.token = self._tokens.authenticate(request.headers.get("authorization", ""))
        if path.startswith(CONTROL):
            if request.state.token != OWNER:
                raise ApiError(403, "You are not authorized to perform this operation")
            return {}
        headers = self._limits.count(request.state.token)
        self._faults.raise_planned(request)
        return headers


async def api_error(request: Request, error: Exception) -> Response:
    """A refusal in DigitalOcean's form."""
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse(error.body(request.state.request_id), error.status, error.headers)


async def http_error(request: Request, error: Exception) -> Response:
    """A route or method that is not emulated is 501: the provider takes that as final, and tries no more."""
    if not isinstance(error, HTTPException):
        raise error
    message = f"{request.method} {request.url.path} is not emulated"
    return await api_error(request, ApiError(HTTPStatus.NOT_IMPLEMENTED, message))


async def invalid(request: Request, error: Exception) -> Response:
    """A parameter of the path or the query that is none."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    return await api_error(request, ApiError(422, f"{first['loc'][-1]}: {first['msg']}"))
