"""Errors in the format of RFC 9457, `application/problem+json`; chassis.telemetry answers unexpected ones."""

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
RETRY_SECONDS = 2  # how soon a readiness check notices that a dependency is back
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
    """A response with a problem as its body."""
    return JSONResponse(jsonable_encoder({**problem_body(status, detail), **members}), status, headers, MEDIA_TYPE)


def problem_body(status: int, detail: str) -> dict[str, Any]:
    """A problem with the status phrase as title."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}


def problem_responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` for statuses that a route answers with a problem; `install` adds those for its input."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{COMPONENT}"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


def _document(app: FastAPI) -> None:
    """Describe every route's errors as problems in the application's OpenAPI document, those of its input too."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            for method, operation in (each for path in document["paths"].values() for each in path.items()):
                answers = operation["responses"]
                statuses = INVALID_BODY if "requestBody" in operation else INVALID if "422" in answers else ()
                forbidden = () if method.upper() in SAFE_METHODS else (HTTPStatus.FORBIDDEN,)  # chassis.cross_origin
                answers |= {
                    str(status): answer for status, answer in problem_responses(*statuses, *forbidden).items()
                }
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.pop("HTTPValidationError", None)  # FastAPI's own format, which no route answers
            schemas.pop("ValidationError", None)
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= {**schema.pop("$defs"), COMPONENT: schema}
        return generate()

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem, and document it as one."""
    _document(app)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    for database_error in (DBAPIError, PoolTimeoutError, OSError):
        app.add_exception_handler(database_error, _answer_database_error)


async def _answer_http_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))


async def _answer_invalid_request(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [{"where": "/".join(map(str, each["loc"])), "detail": each["msg"]} for each in error.errors()]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the request is not valid", errors=errors)


async def _answer_database_error(request: Request, error: Exception) -> JSONResponse:
    """Ask the client to retry if the database is unavailable; a statement that it refuses is a bug, and raised."""
    if isinstance(error, DBAPIError) and not _is_unavailable(error):
        raise error  # unexpected: chassis.telemetry answers it
    await structlog.get_logger().awarning("no database", path=request.url.path, reason=repr(error))
    detail = "the database does not answer just now; try again"
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": str(RETRY_SECONDS)})


def _is_unavailable(error: DBAPIError) -> bool:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    is_connection_error = isinstance(error, OperationalError | InterfaceError)
    return error.connection_invalidated or is_connection_error or state.startswith(UNAVAILABLE)
