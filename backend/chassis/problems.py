"""Errors in the standard form of RFC 9457, `application/problem+json`; chassis.telemetry answers other ones."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
# Classes of PostgreSQL's SQLSTATE: connection exception, insufficient resources, operator intervention (a shutdown).
UNAVAILABLE = ("08", "53", "57")
RETRY_SECONDS = 2  # what readiness checks need to see that something is back
COMPONENT = "Problem"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}  # that change nothing
INVALID = (HTTPStatus.UNPROCESSABLE_ENTITY,)
INVALID_BODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, *INVALID)  # 400: not in UTF-8


class InvalidPart(BaseModel):
    """Where in the request something is not valid, `body/title`, and why."""

    where: str
    detail: str


class Problem(BaseModel):
    """RFC 9457; `errors` is there when the request is not valid."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[InvalidPart] | None = None


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **members: Any) -> JSONResponse:
    """A problem as an answer."""
    return JSONResponse(jsonable_encoder({**problem_body(status, detail), **members}), status, headers, MEDIA_TYPE)


def problem_body(status: int, detail: str) -> dict[str, Any]:
    """A problem with the status' own name as title."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}


def problem_responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers these statuses with a problem; `install` adds those of its input."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{COMPONENT}"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


def _document(app: FastAPI) -> None:
    """Describe in the application's OpenAPI what every route does: its errors are problems, those of its body too."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = generate()
            for method, operation in (each for path in made["paths"].values() for each in path.items()):
                answers = operation["responses"]
                statuses = INVALID_BODY if "requestBody" in operation else INVALID if "422" in answers else ()
                foreign = () if method.upper() in SAFE_METHODS else (HTTPStatus.FORBIDDEN,)  # chassis.cross_origin
                answers |= {str(status): answer for status, answer in problem_responses(*statuses, *foreign).items()}
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            schemas.pop("HTTPValidationError", None)  # what FastAPI would answer
            schemas.pop("ValidationError", None)
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= {**schema.pop("$defs"), COMPONENT: schema}
        return generate()

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it


def install(app: FastAPI) -> None:
    """Have every error of the application answered as a problem, and documented as one."""
    _document(app)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for unreachable in (DBAPIError, PoolTimeoutError, OSError):
        app.add_exception_handler(unreachable, _without_database)


async def _http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [{"where": "/".join(map(str, each["loc"])), "detail": each["msg"]} for each in error.errors()]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the request is not valid", errors=errors)


async def _without_database(request: Request, error: Exception) -> JSONResponse:
    """A statement that the database refuses is our mistake; one that does not reach it is worth another try."""
    if isinstance(error, DBAPIError) and not _is_gone(error):
        raise error  # as unexpected as any other: chassis.telemetry answers it
    await structlog.get_logger().awarning("no database", path=request.url.path, reason=repr(error))
    detail = "the database does not answer just now; try again"
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": str(RETRY_SECONDS)})


def _is_gone(error: DBAPIError) -> bool:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    named = isinstance(error, OperationalError | InterfaceError)
    return error.connection_invalidated or named or state.startswith(UNAVAILABLE)
